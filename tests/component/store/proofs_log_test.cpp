// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "common/encoding.h"
#include "store/log/appender.h"
#include "store/log/merkle.h"
#include "store/proofs.h"
#include "tests/component/store/ledger_fixture.h"

namespace mailkeep::store {
namespace {

using common::Digest;
using common::ErrorKind;

constexpr std::uint64_t kEntries = 700;  // the largest size of the vectors

class ProofsTest : public LedgerFixture {
 protected:
  // So many entries, with the leaf hashes that the vectors have.
  void fill_log() {
    auto transaction = database().begin_write();
    ASSERT_OK(transaction);
    Connection& connection = (*transaction)->connection();
    LogAppender log(connection);
    for (std::uint64_t i = 0; i < kEntries; ++i)
      ASSERT_OK(log.append(EntryKind::Start, 1, std::nullopt, "x"));
    ASSERT_OK(log.finish());
    for (std::uint64_t i = 0; i < kEntries; ++i) {
      std::string bytes;
      common::put_u64(bytes, i);
      ASSERT_OK(connection.execute(
          "UPDATE log_entries SET leaf_hash = $1 WHERE position = $2",
          {Blob{std::string(leaf_hash(bytes).view())}, static_cast<std::int64_t>(i)}));
    }
    ASSERT_OK((*transaction)->commit());
  }
};

std::string summary(const std::vector<Digest>& path) {
  std::string bytes;
  for (const Digest& hash : path) bytes.append(hash.view());
  return std::to_string(path.size()) + " " + common::Sha256::of(bytes).hex();
}

TEST_P(ProofsTest, AreThoseOfAnIndependentImplementation) {
  fill_log();
  Proofs proofs(archive());
  std::ifstream file(std::string(MAILKEEP_SOURCE_DIR) + "/tests/corpus/proof_vectors.txt");
  std::string line;
  int checked = 0;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string what;
    std::uint64_t first = 0;
    std::uint64_t second = 0;
    std::string count;
    std::string hash;
    words >> what >> first;
    if (what == "root") {
      words >> hash;
      const auto root = proofs.root(first);
      ASSERT_OK(root);
      EXPECT_EQ(root->hex(), hash) << line;
    } else {
      words >> second >> count >> hash;
      const auto path =
          what == "inclusion"
              ? proofs.inclusion_proof(LogPosition{static_cast<std::int64_t>(first)}, second)
              : proofs.consistency_proof(first, second);
      ASSERT_OK(path);
      EXPECT_EQ(summary(*path), count + " " + hash) << line;
    }
    ++checked;
  }
  EXPECT_GT(checked, 500);
}

TEST_P(ProofsTest, GrowWithTheLog) {
  Proofs proofs(archive());
  const auto head = [this] {
    return static_cast<std::uint64_t>(number_of("SELECT size FROM log_head"));
  };
  const auto empty = proofs.root(0);
  ASSERT_OK(empty);
  EXPECT_EQ(*empty, common::Sha256::of(""));

  const Epoch epoch = open(add_account("anna"), "INBOX");
  for (Uid uid = 1; uid <= 600; ++uid) {
    seal(batch_of(epoch.id, imap_message(uid, "message " + std::to_string(uid))));
    if (uid % 97 != 0) continue;
    ASSERT_OK(proofs.inclusion_proof(LogPosition{0}, head()));
  }

  Frontier expected;
  auto reading = database().begin_read();
  ASSERT_OK(reading);
  ASSERT_OK((*reading)->connection().query("SELECT entry FROM log_entries ORDER BY position", {},
                                           [&](const Row& row) {
                                             expected.append(leaf_hash(row.bytes(0)));
                                             return common::Status();
                                           }));
  const auto root = proofs.root(head());
  ASSERT_OK(root);
  EXPECT_EQ(*root, expected.root());
}

TEST_P(ProofsTest, GiveTheEntryWithWhatOpensIt) {
  const Epoch epoch = open(add_account("anna"), "INBOX");
  seal(batch_of(epoch.id, imap_message(4, "Subject: a\r\n\r\n")));
  const auto position = LogPosition{number_of("SELECT position FROM sightings WHERE uid = 4")};

  const auto entry = Proofs(archive()).entry(position);

  ASSERT_OK(entry);
  EXPECT_EQ(entry->kind, "archived");
  EXPECT_EQ(leaf_hash(entry->bytes), entry->leaf_hash);
  const auto decoded = decode_entry(entry->bytes);
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->fact, common::hmac_sha256(entry->salt, entry->fact));
  EXPECT_EQ(*decoded->content,
            common::hmac_sha256(entry->salt, common::Sha256::of("Subject: a\r\n\r\n").view()));
}

TEST_P(ProofsTest, RefuseWhatTheLogDoesNotHold) {
  fill_log();
  Proofs proofs(archive());
  ASSERT_FAILS(proofs.inclusion_proof(LogPosition{5}, kEntries + 1), ErrorKind::NotFound);
  ASSERT_FAILS(proofs.inclusion_proof(LogPosition{5}, 5), ErrorKind::NotFound);
  ASSERT_FAILS(proofs.inclusion_proof(LogPosition{-1}, 5), ErrorKind::NotFound);
  ASSERT_FAILS(proofs.consistency_proof(5, kEntries + 1), ErrorKind::NotFound);
  ASSERT_FAILS(proofs.consistency_proof(6, 5), ErrorKind::Usage);
  ASSERT_FAILS(proofs.root(kEntries + 1), ErrorKind::NotFound);
  ASSERT_FAILS(proofs.entry(LogPosition{static_cast<std::int64_t>(kEntries)}), ErrorKind::NotFound);
}

TEST_P(ProofsTest, RefuseALogWithAHole) {
  fill_log();
  change("DELETE FROM log_entries WHERE position = 300");
  Proofs proofs(archive());
  ASSERT_OK(proofs.inclusion_proof(LogPosition{5}, 256));
  ASSERT_FAILS(proofs.inclusion_proof(LogPosition{5}, kEntries), ErrorKind::Corrupt);
}

MAILKEEP_BOTH_ENGINES(ProofsTest);

}  // namespace
}  // namespace mailkeep::store
