// SPDX-License-Identifier: GPL-3.0-or-later
#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <limits>
#include <map>
#include <vector>

#include "store/log/entry.h"
#include "store/log/merkle.h"
#include "store/log/note.h"
#include "store/sql/migrations.h"
#include "store/verify_facts.h"
#include "store/verify_faults.h"

namespace mailkeep::store {

using common::Result;
using common::Status;

namespace {

constexpr std::int64_t kFirst = std::numeric_limits<std::int64_t>::min();
constexpr std::int64_t kLast = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kWindow = 16'384;  // entries in memory at a time: some 4 MiB

struct WindowEntry {
  std::int64_t position = 0;
  std::optional<Entry> entry;  // nothing: it cannot be decoded
  common::Digest leaf;
  std::string salt;
  bool has_fact = false;
};

// The log in order, a window at a time, and in each window the facts that the entries commit to.
class LogReader {
 public:
  explicit LogReader(Verification& run) : run_(run) {}

  Status read() {
    MAILKEEP_CHECKED(open_key());
    MAILKEEP_CHECKED(check_checkpoints(kFirst, 0));
    std::int64_t to = kFirst;
    for (std::int64_t from = kFirst;; from = to + 1) {
      window_.clear();
      MAILKEEP_CHECKED(read_window(from));
      // Facts beyond the last entry belong to the last window.
      const bool is_full = static_cast<std::int64_t>(window_.size()) == kWindow;
      to = is_full ? window_.back().position : kLast;
      MAILKEEP_CHECKED(check_facts(from, to));
      name_missing_facts();
      MAILKEEP_CHECKED(grow_tree());
      if (to == kLast) break;
    }
    MAILKEEP_CHECKED(check_checkpoints(static_cast<std::int64_t>(tree_.size()) + 1, kLast));
    MAILKEEP_CHECKED(check_head());
    return find_stray_salts();
  }

 private:
  Status read_window(std::int64_t from);
  void take_entry(const Row& row);
  void name_hole(std::int64_t position);
  Status check_facts(std::int64_t from, std::int64_t to);
  void check_fact(const FactTable& table, const Row& row);
  bool is_committed(const WindowEntry& at, const FactRow& fact) const;
  void name_missing_facts();
  Status grow_tree();
  Status open_key();
  Status check_checkpoints(std::int64_t from, std::int64_t to);
  void check_note(std::int64_t size, std::string_view note);
  void check_root(std::uint64_t size, const common::Digest& root);
  Status check_head();
  void compare_head(std::int64_t size, std::string_view frontier);
  Status find_stray_salts();

  Verification& run_;
  std::vector<WindowEntry> window_;
  std::int64_t next_position_ = 0;
  Frontier tree_;
  std::map<std::uint64_t, common::Digest> signed_roots_;  // of checkpoints within this window
  std::string origin_;
  std::optional<VerifyingKey> key_;
};

Status LogReader::read_window(std::int64_t from) {
  return run_.connection.query(
      "SELECT e.position, e.entry, e.leaf_hash, s.salt FROM log_entries e "
      "LEFT JOIN log_salts s ON s.position = e.position "
      "WHERE e.position >= $1 ORDER BY e.position LIMIT $2",
      {from, kWindow}, [this](const Row& row) {
        take_entry(row);
        return Status();
      });
}

void LogReader::take_entry(const Row& row) {
  const std::int64_t position = row.integer(0);
  const std::string id = std::to_string(position);
  if (position != next_position_) name_hole(position);
  next_position_ = position == kLast ? kLast : position + 1;
  WindowEntry at{position, decode_entry(row.bytes(1)), leaf_hash(row.bytes(1)),
                 std::string(row.bytes(3)), false};
  if (!at.entry)
    run_.faults.add("entry-altered", id, "The log entry does not have the form of an entry.");
  if (row.bytes(2) != at.leaf.view())
    run_.faults.add("entry-altered", id, "The log entry does not give the leaf hash beside it.");
  if (row.is_null(3)) {
    run_.faults.add("salt-missing", id, "The log entry has lost its salt.");
  } else if (at.salt.size() != kSaltBytes) {
    run_.faults.add("salt-altered", id, "The salt of the log entry does not have 32 bytes.");
  }
  window_.push_back(std::move(at));
  ++run_.report.entries;
  run_.advance();
}

void LogReader::name_hole(std::int64_t position) {
  if (position < next_position_) {
    run_.faults.add("entry-added", std::to_string(position),
                    "A log entry stands before the beginning of the log.");
    return;
  }
  const std::int64_t last = position - 1;
  run_.faults.add(
      "entry-missing",
      last == next_position_ ? std::to_string(last) : fmt::format("{}-{}", next_position_, last),
      "The log has a hole: entries were removed.");
}

Status LogReader::check_facts(std::int64_t from, std::int64_t to) {
  for (const FactTable& table : fact_tables()) {
    MAILKEEP_CHECKED(run_.connection.query(table.query, {from, to}, [&](const Row& row) {
      check_fact(table, row);
      return Status();
    }));
  }
  return {};
}

void LogReader::check_fact(const FactTable& table, const Row& row) {
  const std::int64_t position = row.integer(0);
  const auto at = std::lower_bound(
      window_.begin(), window_.end(), position,
      [](const WindowEntry& entry, std::int64_t wanted) { return entry.position < wanted; });
  const bool is_there = at != window_.end() && at->position == position;
  const bool is_open =
      is_there && !at->has_fact && (!at->entry || &table_of(at->entry->kind) == &table);
  if (!is_open) {
    run_.faults.add(
        fmt::format("{}-unlogged", table.noun), std::to_string(position),
        fmt::format("There is a row for this {} and no log entry of its own.", table.noun));
    return;
  }
  at->has_fact = true;
  if (!at->entry || at->salt.empty()) return;  // named already, and nothing to compare with
  const auto fact = table.read(row, at->entry->kind);
  if (fact && is_committed(*at, *fact)) return;
  run_.faults.add(fmt::format("{}-altered", table.noun), std::to_string(position),
                  fmt::format("The {} is not what its log entry commits to.", table.noun));
}

bool LogReader::is_committed(const WindowEntry& at, const FactRow& fact) const {
  const Entry expected =
      commit_to(at.entry->kind, at.entry->time, fact.content, fact.fact, at.salt);
  return expected.fact == at.entry->fact && expected.content == at.entry->content;
}

void LogReader::name_missing_facts() {
  for (const WindowEntry& at : window_) {
    if (at.has_fact || !at.entry) continue;
    const std::string_view noun = table_of(at.entry->kind).noun;
    run_.faults.add(fmt::format("{}-missing", noun), std::to_string(at.position),
                    fmt::format("The log has an entry of kind {} and its {} is not there.",
                                name_of(at.entry->kind), noun));
  }
}

Status LogReader::grow_tree() {
  if (window_.empty()) return {};
  const auto size = static_cast<std::int64_t>(tree_.size());
  MAILKEEP_CHECKED(check_checkpoints(size + 1, size + static_cast<std::int64_t>(window_.size())));
  for (const WindowEntry& at : window_) {
    tree_.append(at.leaf);
    const auto expected = signed_roots_.find(tree_.size());
    if (expected != signed_roots_.end()) check_root(tree_.size(), expected->second);
  }
  signed_roots_.clear();
  return {};
}

Status LogReader::open_key() {
  MAILKEEP_TRY(id, archive_id(run_.connection));
  origin_ = "mailkeep/" + id;
  std::ifstream file(run_.archive.data_dir() / "signer.pub");
  std::string line;
  if (std::getline(file, line)) key_ = verifying_key_from(line);
  return {};
}

// Reads the checkpoints of these sizes, before the tree grows over them.
Status LogReader::check_checkpoints(std::int64_t from, std::int64_t to) {
  MAILKEEP_CHECKED(run_.connection.query(
      "SELECT size, note FROM checkpoints WHERE size BETWEEN $1 AND $2 ORDER BY size", {from, to},
      [this](const Row& row) {
        check_note(row.integer(0), row.text(1));
        return Status();
      }));
  return {};
}

void LogReader::check_note(std::int64_t size, std::string_view note) {
  const std::string id = std::to_string(size);
  ++run_.report.checkpoints;
  const auto text = parse_note(note);
  if (!text || text->origin != origin_ || static_cast<std::int64_t>(text->size) != size) {
    run_.faults.add("checkpoint-altered", id,
                    "The checkpoint is not a note of this archive for this size.");
    return;
  }
  if (!key_) {
    run_.faults.add("signer-key", id,
                    "The checkpoint cannot be checked: signer.pub is missing or damaged in the "
                    "data directory.");
  } else if (!is_signed_by(note, *key_)) {
    run_.faults.add("checkpoint-altered", id,
                    "The checkpoint is not signed by the key in signer.pub.");
    return;
  }
  if (text->size == 0) {
    check_root(0, text->root);
  } else {
    signed_roots_[text->size] = text->root;
  }
}

void LogReader::check_root(std::uint64_t size, const common::Digest& root) {
  if (tree_.root() == root) return;
  run_.faults.add("checkpoint-differs", std::to_string(size),
                  fmt::format("The first {} entries are not those that were signed.", size));
}

Status LogReader::check_head() {
  for (const auto& [size, root] : signed_roots_)
    run_.faults.add("checkpoint-differs", std::to_string(size),
                    fmt::format("{} entries were signed and the log has {}: its end was removed.",
                                size, tree_.size()));
  std::int64_t rows = 0;
  MAILKEEP_CHECKED(run_.connection.query(
      "SELECT one, size, frontier FROM log_head ORDER BY one", {}, [&](const Row& row) {
        ++rows;
        if (row.integer(0) == 1) {
          compare_head(row.integer(1), row.bytes(2));
        } else {
          run_.faults.add("head-differs", "log_head",
                          fmt::format("The log has a second head, {}.", row.integer(0)));
        }
        return Status();
      }));
  if (rows == 0) run_.faults.add("head-differs", "log_head", "The log has lost its head.");
  return {};
}

void LogReader::compare_head(std::int64_t size, std::string_view frontier) {
  if (size != static_cast<std::int64_t>(tree_.size())) {
    run_.faults.add(
        "head-differs", "log_head",
        fmt::format("The head counts {} entries and there are {}.", size, tree_.size()));
    return;
  }
  const std::string rebuilt = tree_.encode();
  if (frontier == rebuilt) return;
  // Each hash of the frontier stands for a run of entries, so the damage can be narrowed down.
  constexpr std::size_t kHashBytes = 32;
  std::string ranges;
  std::uint64_t first = 0;
  std::size_t offset = 0;
  for (int bit = 63; bit >= 0; --bit) {
    const std::uint64_t run_length =
        tree_.size() & (std::uint64_t{1} << static_cast<unsigned>(bit));
    if (run_length == 0) continue;
    if (frontier.size() != rebuilt.size() ||
        frontier.substr(offset, kHashBytes) != std::string_view(rebuilt).substr(offset, kHashBytes))
      ranges += fmt::format(" {}-{}", first, first + run_length - 1);
    first += run_length;
    offset += kHashBytes;
  }
  run_.faults.add("head-differs", "log_head",
                  fmt::format("The entries do not give the tree that the head holds; the damage is "
                              "at positions{}.",
                              ranges.empty() ? " unknown" : ranges));
}

Status LogReader::find_stray_salts() {
  return run_.connection.query(
      "SELECT s.position FROM log_salts s LEFT JOIN log_entries e ON e.position = s.position "
      "WHERE e.position IS NULL",
      {}, [this](const Row& row) {
        run_.faults.add("salt-unlogged", std::to_string(row.integer(0)),
                        "There is a salt and no log entry that it belongs to.");
        return Status();
      });
}

}  // namespace

Status verify_log(Verification& run) { return LogReader(run).read(); }

}  // namespace mailkeep::store
