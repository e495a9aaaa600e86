// SPDX-License-Identifier: GPL-3.0-or-later
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "common/encoding.h"
#include "store/log/entry.h"
#include "store/log/facts.h"
#include "store/log/merkle.h"
#include "store/log/state_facts.h"

namespace mailkeep::store {
namespace {

using common::Digest;
using common::from_hex;
using common::to_hex;

constexpr common::Micros kTime = 1'700'000'000'000'000;

struct Vector {
  EntryKind kind{};
  common::Micros time = 0;
  std::string salt;
  std::optional<Digest> content;
  std::string fact;
  std::string bytes;
  Digest leaf;
};

struct Vectors {
  std::vector<Vector> entries;
  std::map<std::uint64_t, Digest> roots;
};

Vectors read_vectors() {
  Vectors vectors;
  std::ifstream file(std::string(MAILKEEP_SOURCE_DIR) + "/tests/corpus/log_vectors.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string key;
    std::string value;
    words >> key;
    if (key == "entry") {
      int number = 0;
      int kind = 0;
      common::Micros time = 0;
      words >> number >> value >> kind >> value >> time;
      vectors.entries.push_back({*entry_kind(std::int64_t{kind}), time, {}, {}, {}, {}, {}});
    } else if (key == "root") {
      std::uint64_t size = 0;
      words >> size >> value;
      vectors.roots[size] = *Digest::from_hex(value);
    } else {
      words >> value;
      Vector& entry = vectors.entries.back();
      if (key == "salt") entry.salt = *from_hex(value);
      if (key == "content" && value != "-") entry.content = Digest::from_hex(value);
      if (key == "fact") entry.fact = *from_hex(value);
      if (key == "bytes") entry.bytes = *from_hex(value);
      if (key == "leaf") entry.leaf = *Digest::from_hex(value);
    }
  }
  return vectors;
}

TEST(LogEntry, IsWhatTheVectorsSay) {
  const Vectors vectors = read_vectors();
  ASSERT_EQ(vectors.entries.size(), 12U);

  for (const Vector& vector : vectors.entries) {
    const Entry entry =
        commit_to(vector.kind, vector.time, vector.content, vector.fact, vector.salt);
    EXPECT_EQ(to_hex(encode(entry)), to_hex(vector.bytes));
    EXPECT_EQ(leaf_hash(vector.bytes), vector.leaf);
  }
}

TEST(LogEntry, DecodesToWhatWasEncoded) {
  for (const Vector& vector : read_vectors().entries) {
    const auto entry = decode_entry(vector.bytes);
    ASSERT_TRUE(entry);
    EXPECT_EQ(entry->kind, vector.kind);
    EXPECT_EQ(entry->time, vector.time);
    EXPECT_EQ(encode(*entry), vector.bytes);
  }
}

TEST(LogEntry, RefusesWhatIsNotExactlyOneEntry) {
  const std::string archived = read_vectors().entries[2].bytes;
  const std::string epoch = read_vectors().entries[1].bytes;

  for (std::size_t size = 0; size < archived.size(); ++size)
    EXPECT_FALSE(decode_entry(archived.substr(0, size))) << size;
  EXPECT_FALSE(decode_entry(archived + '\0'));
  EXPECT_FALSE(decode_entry('\2' + archived.substr(1)));
  EXPECT_FALSE(decode_entry(archived.substr(0, 1) + '\x16' + archived.substr(2)));
  EXPECT_FALSE(decode_entry(archived.substr(0, 1) + '\0' + archived.substr(2)));
  // A kind without content must have none, a kind with content one.
  EXPECT_FALSE(decode_entry(archived.substr(0, 1) + '\x0e' + archived.substr(2)));
  EXPECT_FALSE(decode_entry(epoch.substr(0, 1) + '\x01' + epoch.substr(2)));
}

TEST(LogEntry, KnowsEachKindByNumberAndByName) {
  for (std::int64_t number = 1; number <= 21; ++number) {
    const auto kind = entry_kind(number);
    ASSERT_TRUE(kind);
    EXPECT_EQ(entry_kind(name_of(*kind)), kind);
  }
  EXPECT_FALSE(entry_kind(std::int64_t{0}));
  EXPECT_FALSE(entry_kind(std::int64_t{22}));
  EXPECT_FALSE(entry_kind(std::string_view("Archived")));
}

TEST(LogFact, AccountVersionIsWhatTheVectorsSay) {
  AccountVersion version;
  version.account = AccountId{1};
  version.settings.name = "anna";
  version.settings.host = "mail.example.org";
  version.settings.port = 993;
  version.settings.user = "anna@example.org";
  version.settings.custodian = "Anna Berg";
  version.settings.address = "anna@example.org";
  version.settings.include = {"INBOX", "Archive/*"};
  version.settings.delete_after_days = 30;
  version.settings.smtp_url = "smtps://mail.example.org";
  version.time = kTime;

  const std::string fact = encode(version);

  EXPECT_EQ(to_hex(fact), to_hex(read_vectors().entries[0].fact));
  const auto columns = decode_account_version(fact);
  ASSERT_TRUE(columns);
  EXPECT_EQ(columns->include, "INBOX\nArchive/*");
  EXPECT_EQ(columns->delete_after_days, 30);
  EXPECT_EQ(columns->time, kTime);
  EXPECT_FALSE(decode_account_version(fact + "x"));
  EXPECT_FALSE(decode_account_version(fact.substr(0, fact.size() - 1)));
}

TEST(LogFact, SightingsAreWhatTheVectorsSay) {
  const auto vectors = read_vectors().entries;
  SightingFact fact;
  fact.account = AccountId{1};
  fact.epoch = EpochId{1};
  fact.uid = 1;
  fact.content = Digest(*vectors[2].content);
  fact.size = 22;
  fact.internal_date = "17-Jul-1996 02:44:25 -0700";
  fact.flags = "\\Seen";
  fact.announced_size = 22;
  fact.seen = kTime;
  EXPECT_EQ(to_hex(encode(fact)), to_hex(vectors[2].fact));

  SightingFact again = fact;
  again.kind = EntryKind::SeenAgain;
  again.uid.reset();
  again.uidl = "uidl-1";
  again.internal_date = again.flags = "";
  again.announced_size.reset();
  EXPECT_EQ(to_hex(encode(again)), to_hex(vectors[3].fact));
}

TEST(LogFact, OtherFactsAreWhatTheVectorsSay) {
  const auto vectors = read_vectors().entries;
  const EpochFact epoch{EpochId{1}, AccountId{1}, "INBOX", 1, 4711, kTime};
  const OutcomeFact outcome{EpochId{1}, "failed", "refused-by-server", "5,7:9", "", kTime};
  const ClaimFact claim{EpochId{1}, 8, 10, 77, common::Sha256::of("1:5,7:9"), kTime};
  const EventFact event{EntryKind::Start, "fetch anna", kTime};

  EXPECT_EQ(to_hex(encode(epoch)), to_hex(vectors[1].fact));
  EXPECT_EQ(to_hex(encode(outcome)), to_hex(vectors[5].fact));
  EXPECT_EQ(to_hex(encode(claim)), to_hex(vectors[6].fact));
  EXPECT_EQ(to_hex(encode(event)), to_hex(vectors[7].fact));
}

TEST(LogFact, FactsAboutStatesAreWhatTheVectorsSay) {
  const auto vectors = read_vectors().entries;
  ClaimFact claim{EpochId{1}, 8, 10, 77, common::Sha256::of("1:5,7:9"), kTime};
  claim.mailbox_id = "F2212ea87-6097-4256-9d51-71338625";
  const std::vector<StateChange> changes = {
      {StateKind::Flags, "$Work \\Seen", *UidSet::from_string("1:3,9")},
      {StateKind::Presence, std::string(kGone), *UidSet::from_string("7")}};
  const std::string bytes = encode_changes(changes);
  const StateFact state{EpochId{1}, bytes, kTime};
  const RenameFact rename{EpochId{1}, "Archive/2023", kTime};
  const DeletionFact deletion{EpochId{1}, "intended", "5,7:9", "", "archived 30 days ago", kTime};

  EXPECT_EQ(to_hex(encode(claim)), to_hex(vectors[8].fact));
  EXPECT_EQ(to_hex(encode(state)), to_hex(vectors[9].fact));
  EXPECT_EQ(to_hex(encode(rename)), to_hex(vectors[10].fact));
  EXPECT_EQ(to_hex(encode(deletion)), to_hex(vectors[11].fact));
  const auto decoded = decode_changes(bytes);
  ASSERT_TRUE(decoded);
  ASSERT_EQ(decoded->size(), 2U);
  EXPECT_EQ(decoded->front().value, "$Work \\Seen");
  EXPECT_EQ(decoded->back().uids.to_string(), "7");
  EXPECT_FALSE(decode_changes(bytes.substr(1)));
  EXPECT_FALSE(decode_changes(bytes + "x"));
}

TEST(LogFact, UidlsComeBackInTheirOrder) {
  const std::vector<std::string> uidls = {"b", std::string("\0x", 2), "", "b"};

  EXPECT_EQ(decode_uidls(encode_uidls(uidls)), uidls);
  EXPECT_EQ(decode_uidls(""), std::vector<std::string>());
  EXPECT_FALSE(decode_uidls("\1"));
}

// RFC 6962 §2.1 by its own recursion.
Digest batch_root(const std::vector<Digest>& leaves, std::size_t first, std::size_t count) {
  if (count == 0) return common::Sha256::of("");
  if (count == 1) return leaves[first];
  std::size_t split = 1;
  while (split * 2 < count) split *= 2;
  return node_hash(batch_root(leaves, first, split),
                   batch_root(leaves, first + split, count - split));
}

TEST(Frontier, GivesTheRootsOfTheVectors) {
  const Vectors vectors = read_vectors();
  ASSERT_EQ(vectors.roots.size(), 13U);
  Frontier frontier;
  EXPECT_EQ(frontier.root(), vectors.roots.at(0));

  for (const Vector& vector : vectors.entries) {
    frontier.append(vector.leaf);
    EXPECT_EQ(frontier.root(), vectors.roots.at(frontier.size())) << frontier.size();
  }
}

// The eight leaves and roots that the Certificate Transparency log server is tested with.
TEST(Frontier, GivesTheKnownRootsOfCertificateTransparency) {
  const std::vector<std::string> leaves = {"",
                                           "00",
                                           "10",
                                           "2021",
                                           "3031",
                                           "40414243",
                                           "5051525354555657",
                                           "606162636465666768696a6b6c6d6e6f"};
  const std::vector<std::string> roots = {
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
      "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
      "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
      "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
      "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
      "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
      "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
      "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
      "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"};
  Frontier frontier;
  EXPECT_EQ(frontier.root().hex(), roots[0]);

  for (std::size_t i = 0; i < leaves.size(); ++i) {
    frontier.append(leaf_hash(*from_hex(leaves[i])));
    EXPECT_EQ(frontier.root().hex(), roots[i + 1]);
  }
}

TEST(Frontier, AgreesWithTheWholeTreeAtEverySize) {
  std::vector<Digest> leaves;
  Frontier frontier;
  for (int i = 0; i < 300; ++i) {
    leaves.push_back(leaf_hash(std::to_string(i)));
    frontier.append(leaves.back());
    ASSERT_EQ(frontier.root(), batch_root(leaves, 0, leaves.size())) << leaves.size();
    ASSERT_EQ(Frontier::decode(frontier.size(), frontier.encode()), frontier);
  }
}

TEST(Frontier, RefusesHashesThatDoNotFitTheSize) {
  Frontier frontier;
  for (int i = 0; i < 5; ++i) frontier.append(leaf_hash("x"));
  const std::string bytes = frontier.encode();
  ASSERT_EQ(bytes.size(), 64U);

  EXPECT_FALSE(Frontier::decode(4, bytes));
  EXPECT_FALSE(Frontier::decode(5, bytes.substr(1)));
  EXPECT_FALSE(Frontier::decode(5, bytes + "x"));
  EXPECT_FALSE(Frontier::decode(0, "x"));
  EXPECT_TRUE(Frontier::decode(0, ""));
}

}  // namespace
}  // namespace mailkeep::store
