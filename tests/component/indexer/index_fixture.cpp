// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/indexer/index_fixture.h"

#include <cstdlib>

#include "store/accounts.h"
#include "store/ledger.h"

namespace mailkeep::indexer {

IndexFixture::IndexFixture() {
  std::string name = std::filesystem::temp_directory_path() / "mailkeep-index-XXXXXX";
  EXPECT_NE(mkdtemp(name.data()), nullptr);
  data_dir_ = name;
  reopen();
}

IndexFixture::~IndexFixture() {
  archive_.reset();
  std::error_code ignored;
  std::filesystem::remove_all(data_dir_, ignored);
}

void IndexFixture::reopen() {
  archive_.reset();
  store::ArchiveOptions options;
  options.data_dir = data_dir_;
  auto archive = store::Archive::open(options, clock_);
  ASSERT_TRUE(archive) << archive.error().text;
  archive_ = std::move(*archive);
}

IndexOptions IndexFixture::options() const {
  IndexOptions options;
  options.parser_program = MAILKEEP_PARSER_CHILD;
  return options;
}

std::string IndexFixture::add(const std::string& raw, const std::string& account,
                              const std::string& folder) {
  const auto owner = store::Accounts(archive()).get_import_account(account);
  EXPECT_TRUE(owner) << owner.error().text;
  store::Ledger ledger(archive());
  const auto epoch = ledger.open_epoch(owner->id, folder, 0);
  EXPECT_TRUE(epoch) << epoch.error().text;
  store::Arrival arrival;
  arrival.uidl = std::to_string(++next_uidl_);
  arrival.body = store::Body::of(raw);
  std::string id = arrival.body.digest().hex();
  store::Batch batch;
  batch.epoch = epoch->id;
  batch.arrivals.push_back(std::move(arrival));
  const auto sealed = ledger.seal(std::move(batch));
  EXPECT_TRUE(sealed) << sealed.error().text;
  return id;
}

IndexReport IndexFixture::bring_up() {
  const auto report = indexer::bring_up(archive(), options(), {});
  EXPECT_TRUE(report) << report.error().text;
  return report.value_or(IndexReport());
}

IndexReport IndexFixture::rebuild() {
  IndexOptions wanted = options();
  wanted.rebuild = true;
  const auto report = indexer::bring_up(archive(), wanted, {});
  EXPECT_TRUE(report) << report.error().text;
  return report.value_or(IndexReport());
}

search::Searcher IndexFixture::open_searcher() {
  auto searcher = search::Searcher::open(index());
  EXPECT_TRUE(searcher) << searcher.error().text;
  return std::move(*searcher);
}

std::uint64_t IndexFixture::count(const std::string& query) {
  const auto total = open_searcher().count(query);
  EXPECT_TRUE(total) << total.error().text;
  return total.value_or(~0ULL);
}

std::vector<std::string> IndexFixture::ids(const std::string& query) {
  auto found = open_searcher().ids(query);
  EXPECT_TRUE(found) << found.error().text;
  return found.value_or(std::vector<std::string>());
}

search::SearchResult IndexFixture::search(const std::string& query,
                                          const search::SearchOptions& wanted) {
  auto found = open_searcher().search(query, wanted);
  EXPECT_TRUE(found) << found.error().text;
  return found.value_or(search::SearchResult());
}

}  // namespace mailkeep::indexer
