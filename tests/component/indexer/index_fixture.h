// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// A store in a directory of its own, filled by hand, indexed and searched.

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "common/clock.h"
#include "indexer/indexer.h"
#include "indexer/search/searcher.h"
#include "store/archive.h"
#include "store/ids.h"

namespace mailkeep::indexer {

class IndexFixture : public testing::Test {
 protected:
  IndexFixture();
  ~IndexFixture() override;

  store::Archive& archive() { return *archive_; }
  const std::filesystem::path& data_dir() const { return data_dir_; }
  std::filesystem::path index() { return index_dir(archive()); }
  IndexOptions options() const;

  // Seals one message and gives its id. Names as on the wire.
  std::string add(const std::string& raw, const std::string& account = "work",
                  const std::string& folder = "INBOX");
  // Closes the store and opens it again, as the next run of the program does.
  void reopen();

  IndexReport bring_up();
  IndexReport rebuild();

  search::Searcher open_searcher();
  std::uint64_t count(const std::string& query);
  std::vector<std::string> ids(const std::string& query);
  search::SearchResult search(const std::string& query, const search::SearchOptions& options = {});

 private:
  common::SystemClock clock_;
  std::filesystem::path data_dir_;
  std::unique_ptr<store::Archive> archive_;
  int next_uidl_ = 0;
};

}  // namespace mailkeep::indexer
