// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/appender.h"

#include <array>
#include <string>
#include <utility>

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::array<std::string_view, 3> kEntryColumns = {"position", "entry", "leaf_hash"};
constexpr std::array<std::string_view, 2> kSaltColumns = {"position", "salt"};
constexpr std::size_t kPendingRows = 1000;  // written out beyond this, so that memory stays bounded

Result<Frontier> read_head(Connection& connection) {
  std::optional<Frontier> head;
  MAILKEEP_CHECKED(connection.query(
      "SELECT size, frontier FROM log_head WHERE one = 1", {}, [&](const Row& row) -> Status {
        const std::int64_t size = row.integer(0);
        if (size >= 0) head = Frontier::decode(static_cast<std::uint64_t>(size), row.bytes(1));
        return {};
      }));
  if (!head)
    return common::fail(ErrorKind::Corrupt,
                        "the head of the log is missing or damaged: run `mailkeep verify`");
  return *std::move(head);
}

}  // namespace

Result<LogPosition> LogAppender::lock_head() {
  if (!is_locked_) {
    // An UPDATE takes the row's lock on both engines, and what is read afterwards is what the last
    // holder committed (PostgreSQL READ COMMITTED: the second statement has its own snapshot).
    MAILKEEP_CHECKED(connection_.execute("UPDATE log_head SET size = size WHERE one = 1"));
    MAILKEEP_TRY(head, read_head(connection_));
    frontier_ = std::move(head);
    is_locked_ = true;
  }
  return LogPosition{static_cast<std::int64_t>(frontier_.size())};
}

Result<LogPosition> LogAppender::append(EntryKind kind, common::Micros time,
                                        const std::optional<common::Digest>& content,
                                        std::string_view fact) {
  MAILKEEP_TRY(position, lock_head());
  std::string salt = common::random_bytes(kSaltBytes);
  std::string entry = encode(commit_to(kind, time, content, fact, salt));
  const common::Digest leaf = leaf_hash(entry);
  frontier_.append(leaf);
  entries_.push_back({number(position), Blob{std::move(entry)}, Blob{std::string(leaf.view())}});
  salts_.push_back({number(position), Blob{std::move(salt)}});
  if (entries_.size() >= kPendingRows) MAILKEEP_CHECKED(write_out());
  return position;
}

Status LogAppender::finish() {
  if (!is_locked_) return {};
  MAILKEEP_CHECKED(write_out());
  MAILKEEP_CHECKED(
      connection_.execute("UPDATE log_head SET size = $1, frontier = $2 WHERE one = 1",
                          {static_cast<std::int64_t>(frontier_.size()), Blob{frontier_.encode()}}));
  return {};
}

Status LogAppender::write_out() {
  if (entries_.empty()) return {};
  MAILKEEP_CHECKED(connection_.insert_rows("log_entries", kEntryColumns, entries_));
  MAILKEEP_CHECKED(connection_.insert_rows("log_salts", kSaltColumns, salts_));
  entries_.clear();
  salts_.clear();
  return {};
}

}  // namespace mailkeep::store
