// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/people.h"

#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <array>

#include "cli/account_names.h"
#include "common/printable.h"

namespace mailkeep::cli {

using common::ErrorKind;

std::string local_actor() {
  std::array<char, 4096> room{};
  passwd entry{};
  passwd* found = nullptr;
  const uid_t user = ::getuid();
  const bool is_named =
      ::getpwuid_r(user, &entry, room.data(), room.size(), &found) == 0 && found != nullptr;
  return fmt::format("cli:{}", is_named ? common::printable(found->pw_name) : std::to_string(user));
}

common::Result<store::User> find_user(store::Archive& archive, const std::string& name) {
  auto user = store::Users(archive).find(name);
  if (!user && user.error().kind == ErrorKind::NotFound)
    return common::fail(ErrorKind::Usage, "{}", user.error().text);
  return user;
}

common::Result<std::vector<store::AccountId>> account_ids(store::Archive& archive,
                                                          const std::vector<std::string>& names) {
  std::vector<store::AccountId> ids;
  for (const std::string& name : names) {
    MAILKEEP_TRY(account, find_account(archive, name));
    ids.push_back(account.id);
  }
  return ids;
}

common::Result<std::vector<std::string>> names_of_accounts(
    store::Archive& archive, const std::vector<store::AccountId>& ids) {
  MAILKEEP_TRY(known, store::Accounts(archive).names(ids));
  std::vector<std::string> names;
  names.reserve(known.size());
  for (const auto& [id, name] : known) names.push_back(name);
  return names;
}

}  // namespace mailkeep::cli
