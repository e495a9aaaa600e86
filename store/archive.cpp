// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/archive.h"

#include "common/encoding.h"
#include "common/printable.h"
#include "store/private_files.h"
#include "store/sql/database.h"
#include "store/sql/postgres_database.h"
#include "store/sql/sqlite_database.h"
#include "store/vault.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::string_view kSqlite = "sqlite://";
constexpr std::string_view kExample =
    "write sqlite:///var/lib/mailkeep/mailkeep.sqlite or postgresql://user@host/database";

Result<std::filesystem::path> sqlite_file(const ArchiveOptions& options) {
  if (options.url.empty()) return options.data_dir / "mailkeep.sqlite";
  const auto path = common::percent_decode(std::string_view(options.url).substr(kSqlite.size()));
  if (!path || path->size() < 2 || path->front() != '/' || path->find('\0') != std::string::npos)
    return fail(ErrorKind::Config, "the store's address \"{}\" has no absolute path: {}",
                common::printable(options.url), kExample);
  return std::filesystem::path(*path).lexically_normal();
}

Result<std::unique_ptr<Database>> open_database(const ArchiveOptions& options) {
  const std::string_view url = options.url;
  if (url.empty() || url.starts_with(kSqlite)) {
    MAILKEEP_TRY(file, sqlite_file(options));
    return SqliteDatabase::open(file, options.access);
  }
  if (PostgresUrl::is_one(url)) return PostgresDatabase::open(url, options.access);
  // The address may hold a password: it is not repeated.
  return fail(ErrorKind::Config, "the store's address is none that Mailkeep knows: {}", kExample);
}

Status prepare_data_directory(const ArchiveOptions& options) {
  if (options.access == Access::ReadOnly) return {};
  MAILKEEP_CHECKED(make_private_directory(options.data_dir));
  return make_private_directory(options.data_dir / "spool");
}

}  // namespace

Result<std::unique_ptr<Archive>> Archive::open(const ArchiveOptions& options,
                                               const common::Clock& clock) {
  if (options.data_dir.empty())
    return fail(ErrorKind::Config, "no data directory is given: name one with --data");
  MAILKEEP_CHECKED(prepare_data_directory(options));
  MAILKEEP_TRY(database, open_database(options));
  // Order: the key comes after the database, so that a mistyped --store leaves no key behind.
  if (options.access == Access::ReadWrite) MAILKEEP_CHECKED(Vault::make_key(options.data_dir));
  return std::unique_ptr<Archive>(new Archive(std::move(database), options.data_dir, clock));
}

Archive::Archive(std::unique_ptr<Database> database, std::filesystem::path data_dir,
                 const common::Clock& clock)
    : database_(std::move(database)), data_dir_(std::move(data_dir)), clock_(&clock) {}

Archive::~Archive() = default;

}  // namespace mailkeep::store
