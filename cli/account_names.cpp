// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/account_names.h"

#include "common/printable.h"

namespace mailkeep::cli {

common::Result<store::Account> find_account(store::Archive& archive, const std::string& name) {
  auto account = store::Accounts(archive).find(name);
  if (!account && account.error().kind == common::ErrorKind::NotFound)
    return common::fail(common::ErrorKind::Usage,
                        "there is no account '{}'; see 'mailkeep account list'",
                        common::printable(name));
  return account;
}

common::Status check_account_names(store::Archive& archive, const std::vector<std::string>& names) {
  for (const std::string& name : names) MAILKEEP_CHECKED(find_account(archive, name));
  return {};
}

}  // namespace mailkeep::cli
