// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/folder_name.h"

#include <gtest/gtest.h>

namespace mailkeep::store {
namespace {

TEST(FolderName, DecodesModifiedUtf7) {
  EXPECT_EQ(decode_imap_folder("INBOX").text, "INBOX");
  EXPECT_EQ(decode_imap_folder("Entw&APw-rfe").text, "Entw\xc3\xbcrfe");
  EXPECT_EQ(decode_imap_folder("~peter/mail/&U,BTFw-/&ZeVnLIqe-").text,
            "~peter/mail/\xe5\x8f\xb0\xe5\x8c\x97/\xe6\x97\xa5\xe6\x9c\xac\xe8\xaa\x9e");
  EXPECT_EQ(decode_imap_folder("R&-D").text, "R&D");
  EXPECT_EQ(decode_imap_folder("&2D3cqg-").text, "\xf0\x9f\x92\xaa");
}

TEST(FolderName, KeepsUtf8AsItStands) {
  const FolderName name = decode_imap_folder("Gel\xc3\xb6scht");
  EXPECT_EQ(name.text, "Gel\xc3\xb6scht");
  EXPECT_TRUE(name.is_exact);
}

TEST(FolderName, SaysWhenItCannotDecode) {
  for (const char* wire : {"A&", "A&APw", "A&A*-", "A&2D0-", "A\xff"}) {
    const FolderName name = decode_imap_folder(wire);
    EXPECT_FALSE(name.is_exact) << wire;
    EXPECT_NE(name.text.find("\xef\xbf\xbd"), std::string::npos) << wire;
  }
}

// Each of these would read like another folder's name: what is shown must lead back to one alone.
TEST(FolderName, IsExactOnlyForTheOneWayToWriteIt) {
  EXPECT_TRUE(decode_imap_folder("&IGc-").is_exact);
  for (const char* wire : {"&IGcg-", "&IGd-", "&AGE-", "&APw-&APw-"}) {
    EXPECT_FALSE(decode_imap_folder(wire).is_exact) << wire;
  }
  EXPECT_TRUE(decode_imap_folder("&APwA,A-").is_exact);
  EXPECT_TRUE(decode_imap_folder("&APw-&-").is_exact);
}

}  // namespace
}  // namespace mailkeep::store
