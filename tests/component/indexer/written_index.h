// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// An index that is written without a store or a parser: many small messages in little time, and a
// note of each, so that answers can be counted by hand.

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "indexer/index_writer.h"
#include "indexer/search/searcher.h"
#include "message/parsed_message.h"

namespace mailkeep::indexer {

class WrittenIndex : public testing::Test {
 protected:
  WrittenIndex();
  ~WrittenIndex() override;

  // Puts a message that was seen in these accounts, at a position each, and gives its id.
  std::string put(const message::ParsedMessage& message,
                  const std::vector<std::string>& accounts = {"work"});
  // A message that is there is seen in one account more.
  void see_again(const std::string& id, const std::string& account);
  void commit();
  std::int64_t position() const { return position_; }

  search::Searcher open_searcher() const;
  search::SearchResult search(const std::string& query,
                              const search::SearchOptions& options = {}) const;

 private:
  std::filesystem::path directory_;
  std::unique_ptr<IndexWriter> writer_;
  std::int64_t position_ = 0;
};

std::vector<std::string> ids_of(const std::vector<search::Hit>& hits);

}  // namespace mailkeep::indexer
