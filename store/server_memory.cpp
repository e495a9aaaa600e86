// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/server_memory.h"

#include "store/sql/database.h"

namespace mailkeep::store {
namespace {

using common::Result;
using common::Status;

std::string lower_case(std::string_view host) {
  std::string lower(host);
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return lower;
}

}  // namespace

Result<std::optional<std::string>> ServerMemory::get(std::string_view host, std::uint16_t port,
                                                     std::string_view trait) {
  std::optional<std::string> value;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT value FROM server_traits WHERE host = $1 AND port = $2 AND trait = $3 AND "
      "until_time > $4",
      {lower_case(host), std::int64_t{port}, std::string(trait), archive_.clock().now()},
      [&](const Row& row) {
        value = row.text(0);
        return Status();
      }));
  return value;
}

Status ServerMemory::remember(std::string_view host, std::uint16_t port, std::string_view trait,
                              std::string_view value, std::optional<common::Micros> until) {
  const auto usual = std::chrono::duration_cast<std::chrono::microseconds>(kUsualTime).count();
  const common::Micros end = until.value_or(archive_.clock().now() + usual);
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_CHECKED(transaction->connection().execute(
      "INSERT INTO server_traits (host, port, trait, value, until_time) VALUES ($1, $2, $3, $4, "
      "$5) "
      "ON CONFLICT (host, port, trait) DO UPDATE SET value = excluded.value, "
      "until_time = excluded.until_time",
      {lower_case(host), std::int64_t{port}, std::string(trait), std::string(value), end}));
  return transaction->commit();
}

Status ServerMemory::forget(std::string_view host, std::uint16_t port, std::string_view trait) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write());
  MAILKEEP_CHECKED(transaction->connection().execute(
      "DELETE FROM server_traits WHERE host = $1 AND port = $2 AND trait = $3",
      {lower_case(host), std::int64_t{port}, std::string(trait)}));
  return transaction->commit();
}

Result<std::vector<ServerTrait>> ServerMemory::list(std::string_view trait) {
  std::vector<ServerTrait> traits;
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_CHECKED(reading->connection().query(
      "SELECT host, port, trait, value, until_time FROM server_traits WHERE until_time > $1 "
      "ORDER BY host, port, trait",
      {archive_.clock().now()}, [&](const Row& row) {
        if (trait.empty() || row.text(2) == trait)
          traits.push_back({std::string(row.text(0)), static_cast<std::uint16_t>(row.integer(1)),
                            std::string(row.text(2)), std::string(row.text(3)), row.integer(4)});
        return Status();
      }));
  return traits;
}

}  // namespace mailkeep::store
