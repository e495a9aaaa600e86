// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/checkpoints.h"

#include <array>
#include <fstream>
#include <limits>
#include <system_error>

#include "store/log/appender.h"
#include "store/log/note.h"
#include "store/private_files.h"
#include "store/sql/database.h"
#include "store/sql/migrations.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

constexpr std::size_t kMaxKeyBytes = 4096;

Result<SigningKey> read_key(const std::filesystem::path& file) {
  MAILKEEP_TRY(text, read_private_file(file, kMaxKeyBytes));
  if (!text) return common::fail(ErrorKind::NotFound, "there is no signing key {}", file.string());
  const auto key = signing_key_from(*text);
  if (!key)
    return common::fail(ErrorKind::Config,
                        "{} is not a signing key: put the right file back from a backup",
                        file.string());
  return *key;
}

// Of two processes that make the key at once, the one whose file came first wins.
Result<SigningKey> open_key(const std::filesystem::path& data_dir, const std::string& origin) {
  const std::filesystem::path file = data_dir / "signer.key";
  auto key = read_key(file);
  if (!key && key.error().kind == ErrorKind::NotFound) {
    const auto written = write_new_private_file(file, to_text(make_signing_key(origin)) + "\n");
    if (!written && written.error().kind != ErrorKind::Conflict)
      return tl::unexpected(written.error());
    key = read_key(file);
  }
  if (key && key->name != origin)
    return common::fail(ErrorKind::Config,
                        "{} belongs to another archive ({}): use the data directory of this one",
                        file.string(), key->name);
  return key;
}

Status publish_key(const std::filesystem::path& data_dir, const SigningKey& key) {
  const std::filesystem::path file = data_dir / "signer.pub";
  const auto written = write_new_private_file(file, to_text(public_half(key)) + "\n");
  if (!written && written.error().kind != ErrorKind::Conflict)
    return tl::unexpected(written.error());
  // Anybody may read it: whoever verifies needs no other key. A failure takes nothing from the
  // note.
  std::error_code ignored;
  std::filesystem::permissions(file, std::filesystem::perms(0644), ignored);
  return {};
}

Result<std::optional<Checkpoint>> select_checkpoint(Connection& connection, std::string_view where,
                                                    std::initializer_list<Value> parameters) {
  std::optional<Checkpoint> found;
  const std::string sql = std::string("SELECT size, note FROM checkpoints ").append(where);
  MAILKEEP_CHECKED(connection.query(sql, parameters, [&](const Row& row) -> Status {
    const auto text = parse_note(row.text(1));
    if (!text)
      return common::fail(ErrorKind::Corrupt,
                          "the checkpoint of size {} is damaged: run `mailkeep verify`",
                          row.integer(0));
    found = Checkpoint{text->size, text->time, std::string(row.text(1))};
    return {};
  }));
  return found;
}

Result<std::optional<Checkpoint>> checkpoint_at(Connection& connection, std::int64_t size) {
  return select_checkpoint(connection, "WHERE size = $1", {size});
}

}  // namespace

Result<Checkpoint> sign_checkpoint(Archive& archive) {
  MAILKEEP_TRY(transaction, archive.database().begin_write());
  Connection& connection = transaction->connection();
  LogAppender log(connection);
  MAILKEEP_TRY(size, log.lock_head());
  MAILKEEP_TRY(there, checkpoint_at(connection, number(size)));
  if (there) return *std::move(there);

  MAILKEEP_TRY(id, archive_id(connection));
  const std::string origin = "mailkeep/" + id;
  MAILKEEP_TRY(key, open_key(archive.data_dir(), origin));
  const CheckpointText text{origin, static_cast<std::uint64_t>(number(size)), log.root(),
                            archive.clock().now()};
  const Checkpoint checkpoint{text.size, text.time, sign_note(text, key)};
  // Order: the key files are durable before the first note that they signed.
  MAILKEEP_CHECKED(publish_key(archive.data_dir(), key));
  constexpr std::array<std::string_view, 2> kColumns = {"size", "note"};
  const std::vector<Value> row = {number(size), checkpoint.note};
  MAILKEEP_CHECKED(connection.insert_rows("checkpoints", kColumns, {&row, 1}));
  MAILKEEP_CHECKED(transaction->commit());
  return checkpoint;
}

Result<std::optional<Checkpoint>> latest_checkpoint(Archive& archive) {
  MAILKEEP_TRY(reading, archive.database().begin_read());
  return select_checkpoint(reading->connection(), "ORDER BY size DESC LIMIT 1", {});
}

Result<Checkpoint> covering_checkpoint(Archive& archive, LogPosition entry) {
  MAILKEEP_TRY(latest, latest_checkpoint(archive));
  if (latest && latest->size > static_cast<std::uint64_t>(number(entry))) {
    const auto key = verifying_key_from(public_key_line(archive));
    if (key && is_signed_by(latest->note, *key)) return *std::move(latest);
  }
  // A second key for one log would make two signers of it, whom nobody could tell apart.
  std::error_code ignored;
  if (latest && !std::filesystem::exists(archive.data_dir() / "signer.key", ignored))
    return common::fail(ErrorKind::Config,
                        "the log is signed with a key that is not in {}: let `mailkeep checkpoint "
                        "--watch` run where the key is, and copy signer.pub from there",
                        archive.data_dir().string());
  return sign_checkpoint(archive);
}

Result<std::vector<Checkpoint>> list_checkpoints(Archive& archive,
                                                 std::optional<std::uint64_t> before,
                                                 std::size_t limit) {
  MAILKEEP_TRY(reading, archive.database().begin_read());
  std::vector<Checkpoint> found;
  const auto end =
      before ? static_cast<std::int64_t>(*before) : std::numeric_limits<std::int64_t>::max();
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT size, note FROM checkpoints WHERE size < $1 ORDER BY size DESC LIMIT $2",
      {end, static_cast<std::int64_t>(limit)}, [&](const Row& row) -> Status {
        const auto text = parse_note(row.text(1));
        // A damaged one is shown all the same: it is for `verify` to say so.
        found.push_back({static_cast<std::uint64_t>(row.integer(0)), text ? text->time : 0,
                         std::string(row.text(1))});
        return {};
      }));
  return found;
}

Result<std::uint64_t> count_checkpoints(Archive& archive) {
  MAILKEEP_TRY(reading, archive.database().begin_read());
  std::uint64_t count = 0;
  MAILKEEP_CHECKED(reading->connection().query("SELECT count(*) FROM checkpoints", {},
                                               [&count](const Row& row) -> Status {
                                                 count = static_cast<std::uint64_t>(row.integer(0));
                                                 return {};
                                               }));
  return count;
}

std::string public_key_line(const Archive& archive) {
  std::ifstream file(archive.data_dir() / "signer.pub");
  std::string line;
  std::getline(file, line);
  return line;
}

}  // namespace mailkeep::store
