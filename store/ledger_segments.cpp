// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/ledger_segments.h"

#include <array>
#include <optional>
#include <set>
#include <string_view>

#include "store/lookup.h"
#include "store/uid_segments.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::string_view kSelectCursor =
    "SELECT segment, archived_uids, excluded_uids, gone_uids FROM covered_segments "
    "WHERE epoch_id = $1 ";
constexpr std::size_t kLookUpAtMost = 2000;  // segments; of more, all are read
constexpr std::size_t kRowsAtOnce = 1000;    // of at most 24 KiB each

tl::unexpected<common::Error> damaged(std::int64_t epoch) {
  return common::fail(ErrorKind::Corrupt,
                      "the segments of epoch {} are damaged: run `mailkeep verify`", epoch);
}

Status insert(Connection& connection, std::string_view table,
              std::span<const std::string_view> columns,
              const std::vector<std::vector<Value>>& rows) {
  const std::span<const std::vector<Value>> all(rows);
  for (std::size_t at = 0; at < all.size(); at += kRowsAtOnce)
    MAILKEEP_CHECKED(connection.insert_rows(
        table, columns, all.subspan(at, std::min(kRowsAtOnce, all.size() - at))));
  return {};
}

std::vector<Value> values_of(const std::vector<std::int64_t>& numbers) {
  return {numbers.begin(), numbers.end()};
}

}  // namespace

UidSet Cursor::covered() const {
  UidSet covered = archived;
  covered.add(excluded);
  return covered;
}

Status CursorPart::take(const Row& row) {
  const std::int64_t segment = row.integer(0);
  Bytes bytes{std::string(row.bytes(1)), std::string(row.bytes(2)), std::string(row.bytes(3))};
  if (!add_segment(segment, bytes.archived, cursor.archived) ||
      !add_segment(segment, bytes.excluded, cursor.excluded) ||
      !add_segment(segment, bytes.gone, cursor.gone))
    return damaged(number(epoch_));
  there_.emplace(segment, std::move(bytes));
  return {};
}

Result<CursorPart> CursorPart::read(Connection& connection, EpochId epoch, const UidSet& uids) {
  const std::vector<std::int64_t> segments = segments_of(uids);
  if (segments.size() > kLookUpAtMost) return read_all(connection, epoch);
  CursorPart part;
  part.epoch_ = epoch;
  const std::array<Value, 1> fixed = {number(epoch)};
  MAILKEEP_CHECKED(look_up(connection, std::string(kSelectCursor) + "AND segment IN ", fixed,
                           values_of(segments),
                           [&part](const Row& row) { return part.take(row); }));
  return part;
}

Result<CursorPart> CursorPart::read_all(Connection& connection, EpochId epoch) {
  CursorPart part;
  part.epoch_ = epoch;
  MAILKEEP_CHECKED(connection.query(std::string(kSelectCursor) + "ORDER BY segment",
                                    {number(epoch)},
                                    [&part](const Row& row) { return part.take(row); }));
  return part;
}

std::map<std::int64_t, CursorPart::Bytes> CursorPart::encoded() const {
  std::map<std::int64_t, Bytes> now;
  for (UidSegment& segment : to_segments(cursor.archived))
    now[segment.number].archived = std::move(segment.bytes);
  for (UidSegment& segment : to_segments(cursor.excluded))
    now[segment.number].excluded = std::move(segment.bytes);
  for (UidSegment& segment : to_segments(cursor.gone))
    now[segment.number].gone = std::move(segment.bytes);
  return now;
}

Status CursorPart::write(Connection& connection) {
  constexpr std::array<std::string_view, 5> kColumns = {"epoch_id", "segment", "archived_uids",
                                                        "excluded_uids", "gone_uids"};
  std::vector<Value> replaced;
  std::vector<std::vector<Value>> rows;
  std::map<std::int64_t, Bytes> now = encoded();
  for (const auto& [segment, bytes] : there_) {
    const auto next = now.find(segment);
    if (next == now.end() || next->second != bytes) replaced.emplace_back(segment);
  }
  for (const auto& [segment, bytes] : now) {
    const auto before = there_.find(segment);
    if (before == there_.end() || before->second != bytes)
      rows.push_back(
          {number(epoch_), segment, blob(bytes.archived), blob(bytes.excluded), blob(bytes.gone)});
  }
  const std::array<Value, 1> fixed = {number(epoch_)};
  MAILKEEP_CHECKED(execute_for(connection,
                               "DELETE FROM covered_segments WHERE epoch_id = $1 AND segment IN ",
                               fixed, replaced));
  MAILKEEP_CHECKED(insert(connection, "covered_segments", kColumns, rows));
  there_ = std::move(now);
  return {};
}

Result<Cursor> read_cursor(Connection& connection, EpochId epoch) {
  MAILKEEP_TRY(part, CursorPart::read_all(connection, epoch));
  return std::move(part.cursor);
}

Result<UidSet> read_server_uids(Connection& connection, EpochId epoch) {
  UidSet uids;
  MAILKEEP_CHECKED(connection.query(
      "SELECT segment, uids FROM server_segments WHERE epoch_id = $1 ORDER BY segment",
      {number(epoch)}, [&](const Row& row) -> Status {
        if (!add_segment(row.integer(0), row.bytes(1), uids)) return damaged(number(epoch));
        return {};
      }));
  return uids;
}

Status write_server_uids(Connection& connection, EpochId epoch, const UidSet& uids) {
  constexpr std::array<std::string_view, 3> kColumns = {"epoch_id", "segment", "uids"};
  std::map<std::int64_t, std::string> wanted;
  for (UidSegment& segment : to_segments(uids))
    wanted.emplace(segment.number, std::move(segment.bytes));
  std::vector<Value> replaced;
  MAILKEEP_CHECKED(connection.query("SELECT segment, uids FROM server_segments WHERE epoch_id = $1",
                                    {number(epoch)}, [&](const Row& row) {
                                      const auto same = wanted.find(row.integer(0));
                                      if (same != wanted.end() && same->second == row.bytes(1)) {
                                        wanted.erase(same);
                                      } else {
                                        replaced.emplace_back(row.integer(0));
                                      }
                                      return Status();
                                    }));
  const std::array<Value, 1> fixed = {number(epoch)};
  MAILKEEP_CHECKED(execute_for(connection,
                               "DELETE FROM server_segments WHERE epoch_id = $1 AND segment IN ",
                               fixed, replaced));
  std::vector<std::vector<Value>> rows;
  rows.reserve(wanted.size());
  for (const auto& [segment, bytes] : wanted) rows.push_back({number(epoch), segment, blob(bytes)});
  return insert(connection, "server_segments", kColumns, rows);
}

Status each_open(Connection& connection, std::optional<AccountId> account,
                 const OpenVisitor& visit) {
  const std::string chosen = account
                                 ? "e.account_id = $1"
                                 : "EXISTS (SELECT 1 FROM accounts a WHERE a.id = e.account_id AND "
                                   "a.protocol = 'imap' AND a.state <> 'removed')";
  std::vector<Value> parameters;
  if (account) parameters.emplace_back(number(*account));
  std::optional<std::pair<AccountId, EpochId>> at;
  UidSet open;
  const auto flush = [&] {
    if (at && !open.empty()) visit(at->first, at->second, std::move(open));
    open = {};
  };
  // Most segments are archived just as they are listed: those are not even read.
  MAILKEEP_CHECKED(connection.query(
      "SELECT e.account_id, e.id, s.segment, s.uids, c.archived_uids, c.excluded_uids FROM epochs "
      "e JOIN server_segments s ON s.epoch_id = e.id LEFT JOIN covered_segments c ON c.epoch_id = "
      "s.epoch_id AND c.segment = s.segment WHERE " +
          chosen +
          " AND NOT EXISTS (SELECT 1 FROM epochs n WHERE n.account_id = e.account_id AND n.name = "
          "e.name AND n.named_position > e.named_position) AND (c.archived_uids IS NULL OR "
          "c.archived_uids <> s.uids) ORDER BY e.account_id, e.id, s.segment",
      parameters, [&](const Row& row) -> Status {
        const std::pair here(AccountId{row.integer(0)}, EpochId{row.integer(1)});
        if (at != here) flush();
        at = here;
        UidSet listed;
        UidSet covered;
        if (!add_segment(row.integer(2), row.bytes(3), listed) ||
            !add_segment(row.integer(2), row.bytes(4), covered) ||
            !add_segment(row.integer(2), row.bytes(5), covered))
          return damaged(row.integer(1));
        open.add(listed.without(covered));
        return {};
      }));
  flush();
  return {};
}

}  // namespace mailkeep::store
