// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// IndexReader: one index directory, open for reading, whatever writers do to it meanwhile. Private
// to indexer/.

#include <sys/types.h>
#include <xapian.h>

#include <cstdint>
#include <filesystem>
#include <utility>

#include "common/result.h"
#include "indexer/search/guard.h"
#include "indexer/search/patience.h"

namespace mailkeep::search {

class IndexReader {
 public:
  explicit IndexReader(std::filesystem::path directory) : directory_(std::move(directory)) {}

  // Errors: NotFound, Index (another version, or damaged).
  common::Status open();

  const Xapian::Database& database() const { return database_; }
  std::int64_t watermark() const;  // throws Xapian's errors

  // Runs work() over the newest commit and returns what it returns. A writer that is two commits
  // ahead, or a switched directory, takes blocks away under it: then it runs again.
  template <class Work>
  auto ask(Work&& work) -> decltype(work()) {
    if (auto fresh = refresh(); !fresh) return tl::unexpected(std::move(fresh).error());
    for (int left = kRepetitions; left > 0; --left) {
      try {
        return work();
      } catch (const Xapian::DatabaseError&) {
        if (auto again = open(); !again) return tl::unexpected(std::move(again).error());
      } catch (const Xapian::Error& error) {
        return tl::unexpected(index_error(error));
      } catch (const OutOfTime&) {
        return out_of_time();
      }
    }
    try {
      return guarded(std::forward<Work>(work));
    } catch (const OutOfTime&) {
      return out_of_time();
    }
  }

 private:
  using Identity = std::pair<dev_t, ino_t>;
  // A long question while a writer commits often.
  static constexpr int kRepetitions = 4;

  static Identity identity_of(const std::filesystem::path& directory);
  static tl::unexpected<common::Error> out_of_time();
  common::Status refresh();

  std::filesystem::path directory_;
  Identity identity_;
  Xapian::Database database_;
};

}  // namespace mailkeep::search
