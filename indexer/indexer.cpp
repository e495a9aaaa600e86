// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/indexer.h"

#include <algorithm>
#include <optional>
#include <system_error>
#include <utility>

#include "common/deadline.h"
#include "common/log.h"
#include "common/pause.h"
#include "indexer/index_lock.h"
#include "indexer/index_run.h"
#include "indexer/index_switch.h"
#include "indexer/index_writer.h"
#include "indexer/search/searcher.h"
#include "store/journal.h"

namespace mailkeep::indexer {
namespace {

using common::Deadline;
using common::ErrorKind;
using common::Result;
using common::Status;

constexpr std::chrono::milliseconds kLockRetry{50};
constexpr std::chrono::milliseconds kFollowInterval{200};
constexpr std::chrono::seconds kFollowPatience{30};
// A reader loses its footing when a second commit follows the one that it reads. It looks at three
// million documents in a second, so this much time for each of them lets it finish.
constexpr double kPauseForEachDocument = 0.0005;  // milliseconds
constexpr std::chrono::milliseconds kLongestPause{5'000};

class Session {
 public:
  Session(store::Archive& archive, const IndexOptions& options)
      : archive_(archive),
        options_(options),
        directory_(index_dir(archive)),
        pool_(options.parser_program) {}

  // For one who asks again and again: the log's end is cheap to ask for, what the index says is
  // not. It may have been deleted meanwhile.
  Result<IndexReport> keep_up(bool rebuild, const std::stop_token& stop) {
    std::error_code ignored;
    if (!rebuild && kept_up_ && std::filesystem::exists(directory_, ignored)) {
      MAILKEEP_TRY(end, log_end());
      if (end == kept_up_->watermark) return *kept_up_;
    }
    MAILKEEP_TRY(report, bring_up(rebuild, stop));
    kept_up_.emplace().watermark = report.watermark;
    return report;
  }

  // How long to let readers read what was just committed.
  std::chrono::milliseconds pause_after_commit() const {
    const std::chrono::milliseconds pause(
        static_cast<std::int64_t>(static_cast<double>(documents_) * kPauseForEachDocument));
    return std::clamp<std::chrono::milliseconds>(pause, kFollowInterval, kLongestPause);
  }

  Result<IndexReport> bring_up(bool rebuild, const std::stop_token& stop) {
    MAILKEEP_TRY(end, log_end());
    // A search asks every time; nearly always there is nothing to do.
    if (!rebuild)
      if (const auto done = report_if_current(end)) return *done;
    const Deadline deadline = Deadline::in(options_.wait_for_lock);
    for (;;) {
      MAILKEEP_TRY(lock, IndexLock::try_take(archive_.data_dir()));
      if (lock) return with_lock(rebuild, stop);
      // Another indexer at work may get there first.
      if (!rebuild)
        if (const auto done = report_if_current(end)) return *done;
      if (stop.stop_requested()) return common::fail(ErrorKind::Cancelled, "stopped");
      if (deadline.has_passed())
        return common::fail(ErrorKind::Busy,
                            "another mailkeep is writing the index in {}; try again later",
                            archive_.data_dir().string());
      common::pause(kLockRetry, stop);
    }
  }

 private:
  Result<std::int64_t> log_end() {
    MAILKEEP_TRY(size, store::Journal(archive_).size());
    return store::number(size);
  }

  // The index as readers see it, if it has followed the log to this end or, by now, further.
  std::optional<IndexReport> report_if_current(std::int64_t end) {
    auto searcher = search::Searcher::open(directory_);
    if (!searcher) return std::nullopt;
    const auto watermark = searcher->watermark();
    if (!watermark || *watermark < end) return std::nullopt;
    if (*watermark > end) {
      const auto end_now = store::Journal(archive_).size();
      if (!end_now || *watermark > store::number(*end_now)) return std::nullopt;
    }
    IndexReport report;
    report.watermark = *watermark;
    return report;
  }

  Result<IndexReport> with_lock(bool rebuild, const std::stop_token& stop) {
    // The log and the index may both have grown while we waited.
    MAILKEEP_TRY(end, log_end());
    if (rebuild) return build_anew(end, stop);
    {
      MAILKEEP_TRY(writer, IndexWriter::open(directory_));
      // A watermark beyond the log's end belongs to a store that was put back to an older state.
      if (writer.has_known_schema() && writer.watermark() <= end) return run(writer, end, stop);
    }
    common::log(common::LogLevel::Warning, "index.rebuild", {{"directory", directory_.string()}});
    return build_anew(end, stop);
  }

  Result<IndexReport> run(IndexWriter& writer, std::int64_t end, const std::stop_token& stop) {
    MAILKEEP_TRY(report, IndexRun(archive_, writer, pool_, options_).run(end, stop));
    MAILKEEP_TRY(documents, writer.documents());
    documents_ = documents;
    return report;
  }

  Result<IndexReport> build_anew(std::int64_t end, const std::stop_token& stop) {
    const std::filesystem::path fresh = archive_.data_dir() / "index.new";
    MAILKEEP_CHECKED(remove_index(fresh));
    IndexReport report;
    {
      MAILKEEP_TRY(writer, IndexWriter::open(fresh));
      MAILKEEP_TRY(done, run(writer, end, stop));
      report = done;
    }
    MAILKEEP_CHECKED(switch_index(fresh, directory_));
    return report;
  }

  store::Archive& archive_;
  const IndexOptions& options_;
  std::filesystem::path directory_;
  message::ParserPool pool_;
  std::uint64_t documents_ = 0;  // in the index after the last run
  std::optional<IndexReport> kept_up_;
};

// What may be over in a moment; anything else needs a person.
bool may_pass(ErrorKind kind) {
  return kind == ErrorKind::Busy || kind == ErrorKind::Database || kind == ErrorKind::Network ||
         kind == ErrorKind::Timeout || kind == ErrorKind::Throttled;
}

}  // namespace

std::filesystem::path index_dir(const store::Archive& archive) {
  return archive.data_dir() / "index";
}

Result<IndexReport> bring_up(store::Archive& archive, const IndexOptions& options,
                             std::stop_token stop) {
  return Session(archive, options).bring_up(options.rebuild, stop);
}

Status follow(store::Archive& archive, const IndexOptions& options, std::stop_token stop) {
  Session session(archive, options);
  bool rebuild = options.rebuild;
  std::int64_t watermark = 0;
  std::chrono::milliseconds wait = kFollowInterval;
  while (!stop.stop_requested()) {
    const auto report = session.keep_up(rebuild, stop);
    if (options.on_look)
      options.on_look(report ? Status() : Status(tl::unexpected(report.error())));
    if (report) {
      rebuild = false;
      wait = report->watermark != watermark ? session.pause_after_commit() : kFollowInterval;
      watermark = report->watermark;
    } else if (report.error().kind == ErrorKind::Cancelled) {
      return {};
    } else if (may_pass(report.error().kind)) {
      common::log(common::LogLevel::Warning, "index.waiting", {{"error", report.error().text}});
      wait = std::min<std::chrono::milliseconds>(2 * wait, kFollowPatience);
    } else {
      return tl::unexpected(report.error());
    }
    common::pause(wait, stop);
  }
  return {};
}

}  // namespace mailkeep::indexer
