// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The options that account add and account change share.

#include <CLI/CLI.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cli/context.h"
#include "cli/password.h"
#include "common/result.h"
#include "store/account_rules.h"

namespace mailkeep::cli {

struct AccountFlags {
  std::string name;
  std::optional<std::string> url, tls, ca, custodian, address, smtp, smtp_user;
  std::optional<std::string> interval, send_budget, delete_after;  // numbers, or "none"
  std::optional<std::vector<std::string>> include, exclude;
  bool no_include = false, no_exclude = false;  // for changes
  PasswordSource password, smtp_password;
};

void add_account_options(CLI::App& command, AccountFlags& flags);
void add_password_options(CLI::App& command, PasswordSource& source);

void add_account_import(CLI::App& group, Context& context);

common::Result<store::AccountWish> wish_from(const AccountFlags& flags);

}  // namespace mailkeep::cli
