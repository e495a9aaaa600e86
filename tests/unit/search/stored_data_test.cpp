// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/stored_data.h"

#include <gtest/gtest.h>

#include "common/printable.h"
#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

TEST(StoredData, ComesBackAsItWas) {
  StoredData data;
  data.size = 1ULL << 40U;
  data.from = "Anna <a@x>";
  data.to = "b@x";
  data.subject = "subject";
  data.message_id = "m@x";
  data.in_reply_to = "p@x";
  data.references = {"r@x", "p@x"};
  data.has_attachments = true;
  data.unsearchable = {"encrypted"};
  data.packed_text = pack_text("some   text\n here");
  const auto back = decode_stored(encode(data));
  ASSERT_TRUE(back);
  EXPECT_EQ(back->size, data.size);
  EXPECT_EQ(back->message_id, data.message_id);
  EXPECT_EQ(back->in_reply_to, data.in_reply_to);
  EXPECT_EQ(back->references, data.references);
  EXPECT_TRUE(back->has_attachments);
  EXPECT_EQ(back->unsearchable, data.unsearchable);
  EXPECT_EQ(unpack_text(back->packed_text), "some text here");
}

TEST(StoredData, RefusesDamage) {
  const std::string bytes = encode(StoredData());
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    EXPECT_FALSE(decode_stored(bytes.substr(0, cut)));
  EXPECT_FALSE(decode_stored("\x01" + bytes.substr(1)));
  EXPECT_EQ(unpack_text("rubbish"), "");
  EXPECT_EQ(unpack_text(""), "");
}

TEST(StoredData, KeepsTheBeginningOfALongTextWithoutCuttingACharacter) {
  std::string text;
  while (text.size() < kStoredTextBytes + 100) text += "ä";
  const std::string kept = unpack_text(pack_text("x" + text));
  EXPECT_TRUE(common::is_valid_utf8(kept));
  EXPECT_GE(kept.size(), kStoredTextBytes);
  EXPECT_LE(kept.size(), kStoredTextBytes + 3);
}

TEST(Schema, OrdersByDateThenIdWithUndatedFirst) {
  const std::string low(32, '\0');
  const std::string high(32, '\x7f');
  EXPECT_LT(order_value(std::nullopt, high), order_value(0, low));
  EXPECT_LT(order_value(255, high), order_value(256, low));
  EXPECT_LT(order_value(5, low), order_value(5, high));
  EXPECT_EQ(date_of_order(order_value(77, low)), 77);
  EXPECT_EQ(date_of_order(order_value(std::nullopt, low)), std::nullopt);
  EXPECT_EQ(id_of_order(order_value(77, high)), high);
}

TEST(Schema, KeepsTermsShortWhateverTheValue) {
  const std::string longest = boolean_term(FieldId::MessageId, std::string(150, 'a'));
  EXPECT_EQ(longest, "XMID:" + std::string(150, 'a'));
  const std::string hashed = boolean_term(FieldId::MessageId, std::string(151, 'a'));
  EXPECT_LT(hashed.size(), 100U);
  EXPECT_NE(hashed, boolean_term(FieldId::MessageId, std::string(152, 'a')));
  EXPECT_EQ(boolean_term(FieldId::Account, "ÄRA"), "XACCOUNT:ära");
}

TEST(Schema, FindsFoldersByNameAndByPart) {
  const auto terms = terms_of({"acc", "", "Archive.2024.Größe"});
  for (const char* wanted : {"XFOLDER:archive.2024.größe", "XFOLDER:archive/2024/größe",
                             "XFOLDER:2024", "XFOLDER:größe", "XACCOUNT:acc"})
    EXPECT_NE(std::find(terms.begin(), terms.end(), wanted), terms.end()) << wanted;
}

}  // namespace
}  // namespace mailkeep::search
