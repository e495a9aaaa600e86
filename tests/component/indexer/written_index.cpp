// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/indexer/written_index.h"

#include <cstdlib>
#include <system_error>

#include "common/digest.h"

namespace mailkeep::indexer {

WrittenIndex::WrittenIndex() {
  std::string name = std::filesystem::temp_directory_path() / "mailkeep-written-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  directory_ = name;
  auto writer = IndexWriter::open(directory_ / "index");
  EXPECT_TRUE(writer) << writer.error().text;
  writer_ = std::make_unique<IndexWriter>(std::move(*writer));
}

WrittenIndex::~WrittenIndex() {
  writer_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(directory_, ignored);
}

std::string WrittenIndex::put(const message::ParsedMessage& message,
                              const std::vector<std::string>& accounts) {
  MessageFacts facts;
  facts.id = common::Sha256::of(std::to_string(position_));
  facts.size = 1'000;
  for (const std::string& account : accounts)
    facts.places.push_back({account, account, "INBOX", position_++});
  const auto done = writer_->put(message, facts);
  EXPECT_TRUE(done) << done.error().text;
  return facts.id.hex();
}

void WrittenIndex::see_again(const std::string& id, const std::string& account) {
  const auto digest = common::Digest::from_hex(id);
  ASSERT_TRUE(digest);
  const auto done = writer_->add_places(*digest, {{account, account, "INBOX", position_++}});
  ASSERT_TRUE(done) << done.error().text;
}

void WrittenIndex::commit() {
  const auto done = writer_->commit(position_);
  ASSERT_TRUE(done) << done.error().text;
}

search::Searcher WrittenIndex::open_searcher() const {
  auto searcher = search::Searcher::open(directory_ / "index");
  EXPECT_TRUE(searcher) << searcher.error().text;
  return std::move(*searcher);
}

search::SearchResult WrittenIndex::search(const std::string& query,
                                          const search::SearchOptions& options) const {
  auto found = open_searcher().search(query, options);
  EXPECT_TRUE(found) << query << ": " << found.error().text;
  return found.value_or(search::SearchResult());
}

std::vector<std::string> ids_of(const std::vector<search::Hit>& hits) {
  std::vector<std::string> ids;
  ids.reserve(hits.size());
  for (const search::Hit& hit : hits) ids.push_back(hit.id);
  return ids;
}

}  // namespace mailkeep::indexer
