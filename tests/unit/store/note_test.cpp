// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <string>

#include "store/log/note.h"

namespace mailkeep::store {
namespace {

CheckpointText some_text() {
  return {"mailkeep/0123", 42, common::Sha256::of("root"), 1'700'000'000'000'000};
}

SigningKey some_key() { return {"mailkeep/0123", std::string(32, '\x07')}; }

TEST(Note, CarriesACheckpointAndItsSignature) {
  const std::string note = sign_note(some_text(), some_key());

  EXPECT_EQ(parse_note(note), some_text());
  EXPECT_TRUE(is_signed_by(note, public_half(some_key())));
  EXPECT_TRUE(note.starts_with("mailkeep/0123\n42\n"));
  EXPECT_NE(note.find("\ntime 1700000000000000\n\n\xe2\x80\x94 mailkeep/0123 "), std::string::npos);
  EXPECT_TRUE(note.ends_with("\n"));
}

TEST(Note, IsNotSignedOnceAnyByteIsOther) {
  const std::string note = sign_note(some_text(), some_key());
  const VerifyingKey key = public_half(some_key());

  for (std::size_t i = 0; i < note.size(); ++i) {
    std::string altered = note;
    altered[i] = static_cast<char>(altered[i] ^ 1);
    EXPECT_FALSE(parse_note(altered) && is_signed_by(altered, key)) << "byte " << i;
  }
}

TEST(Note, IsNotSignedByAnotherKey) {
  const std::string note = sign_note(some_text(), some_key());

  EXPECT_FALSE(is_signed_by(note, public_half({"mailkeep/0123", std::string(32, '\x08')})));
  EXPECT_FALSE(is_signed_by(note, public_half({"mailkeep/0124", std::string(32, '\x07')})));
}

// The example that the documentation of Go's note package prints: our reading of the form is
// theirs.
TEST(Note, AcceptsTheSignatureOfAnotherImplementation) {
  const auto key =
      verifying_key_from("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW");
  const std::string note =
      "If you think cryptography is the answer to your problem,\n"
      "then you don't know what your problem is.\n"
      "\n"
      "\xe2\x80\x94 PeterNeumann "
      "x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqf"
      "qdngotpRZb6KE6RyyBwJnAM=\n";

  ASSERT_TRUE(key);
  EXPECT_TRUE(is_signed_by(note, *key));
}

TEST(Note, RefusesTextThatIsNoCheckpoint) {
  const std::string note = sign_note(some_text(), some_key());

  EXPECT_FALSE(parse_note(""));
  EXPECT_FALSE(parse_note("a\nb\nc\n"));
  EXPECT_FALSE(parse_note(note.substr(0, note.find("\n\n"))));
  std::string padded = note;
  padded.replace(padded.find("\n42\n"), 4, "\n042\n");
  EXPECT_FALSE(parse_note(padded));
}

TEST(NoteKey, ComesBackFromItsText) {
  const auto key = signing_key_from(to_text(some_key()) + "\n");
  const auto open = verifying_key_from(to_text(public_half(some_key())) + "\n");

  ASSERT_TRUE(key && open);
  EXPECT_EQ(key->seed, some_key().seed);
  EXPECT_EQ(open->key, public_half(some_key()).key);
  EXPECT_EQ(open->name, "mailkeep/0123");
}

TEST(NoteKey, RefusesTextWithAnotherNameOrDigits) {
  std::string text = to_text(public_half(some_key()));

  EXPECT_FALSE(verifying_key_from("x" + text));
  EXPECT_FALSE(verifying_key_from(text + "A"));
  EXPECT_FALSE(verifying_key_from(text.substr(0, text.size() - 4)));
  EXPECT_FALSE(verifying_key_from(""));
  EXPECT_FALSE(signing_key_from(text));
}

}  // namespace
}  // namespace mailkeep::store
