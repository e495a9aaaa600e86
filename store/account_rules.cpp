// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_rules.h"

#include <filesystem>
#include <string_view>
#include <system_error>

#include "common/printable.h"
#include "store/account_url.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

// One line of printable text: names stand in logs, in the index and on the command line.
Status check_word(std::string_view what, const std::string& text, std::size_t max_bytes) {
  if (text.size() > max_bytes || common::printable(text) != text)
    return fail(ErrorKind::Usage, "{} must be printable UTF-8 of at most {} bytes", what,
                max_bytes);
  return {};
}

Status take_word(std::string& setting, const std::optional<std::string>& wish,
                 std::string_view what, std::size_t max_bytes) {
  if (!wish) return {};
  MAILKEEP_CHECKED(check_word(what, *wish, max_bytes));
  setting = *wish;
  return {};
}

Status take_globs(std::vector<std::string>& setting,
                  const std::optional<std::vector<std::string>>& wish) {
  if (!wish) return {};
  for (const std::string& glob : *wish) {
    if (glob.empty()) return fail(ErrorKind::Usage, "a folder glob is not empty");
    MAILKEEP_CHECKED(check_word("a folder glob", glob, 1000));
  }
  setting = *wish;
  return {};
}

Status take_ca_file(std::string& setting, const std::optional<std::string>& wish) {
  if (!wish) return {};
  std::error_code error;
  if (!wish->empty() && !std::filesystem::is_regular_file(*wish, error))
    return fail(ErrorKind::Config, "the CA file {} is not there", common::printable(*wish));
  setting = wish->empty() ? std::string() : std::filesystem::absolute(*wish, error).native();
  return {};
}

Status take_interval(std::optional<std::uint32_t>& setting, const NumberWish& wish) {
  if (!wish.is_given) return {};
  if (wish.value && (*wish.value < kMinIntervalSeconds || *wish.value > kMaxIntervalSeconds))
    return fail(ErrorKind::Usage, "the interval is {} seconds to a week ({})", kMinIntervalSeconds,
                kMaxIntervalSeconds);
  setting = wish.value;
  return {};
}

Status take_delete_after(AccountSettings& settings, const NumberWish& wish) {
  if (!wish.is_given) return {};
  if (wish.value && *wish.value > kMaxDeleteAfterDays)
    return fail(ErrorKind::Usage, "mail is deleted on the server after {} days at most",
                kMaxDeleteAfterDays);
  settings.delete_after_days = wish.value;
  return {};
}

Status take_tls_mode(TlsMode& setting, std::string_view word) {
  for (const TlsMode mode : {TlsMode::Implicit, TlsMode::Starttls, TlsMode::None}) {
    if (name_of(mode) != word) continue;
    setting = mode;
    return {};
  }
  return fail(ErrorKind::Usage, "the TLS mode is implicit, starttls or none, not '{}'",
              common::printable(word));
}

Status take_server(AccountSettings& settings, const AccountWish& wish, bool is_new) {
  if (!wish.url) return wish.tls ? take_tls_mode(settings.tls, *wish.tls) : Status();
  MAILKEEP_TRY(server, parse_server_address(*wish.url, wish.tls.value_or("")));
  if (!is_new && server.protocol != settings.protocol)
    return fail(ErrorKind::Usage, "the protocol of an account cannot change: add a new account");
  settings.protocol = server.protocol;
  settings.tls = server.tls;
  settings.host = server.host;
  settings.port = server.port;
  settings.user = server.user;
  return {};
}

Result<AccountSettings> apply(AccountSettings settings, const AccountWish& wish, bool is_new) {
  MAILKEEP_CHECKED(take_word(settings.custodian, wish.custodian, "the custodian", 200));
  MAILKEEP_CHECKED(take_word(settings.address, wish.address, "the address", 320));
  MAILKEEP_CHECKED(take_word(settings.smtp_url, wish.smtp_url, "the SMTP URL", 1000));
  MAILKEEP_CHECKED(take_word(settings.smtp_user, wish.smtp_user, "the SMTP user", 320));
  MAILKEEP_CHECKED(take_globs(settings.include, wish.include));
  MAILKEEP_CHECKED(take_globs(settings.exclude, wish.exclude));
  MAILKEEP_CHECKED(take_interval(settings.interval_seconds, wish.interval_seconds));
  MAILKEEP_CHECKED(take_delete_after(settings, wish.delete_after_days));
  if (wish.send_budget.is_given) settings.send_budget = wish.send_budget.value;
  MAILKEEP_CHECKED(take_server(settings, wish, is_new));
  MAILKEEP_CHECKED(take_ca_file(settings.ca_file, wish.ca_file));
  if (settings.custodian.empty()) settings.custodian = settings.name;
  return settings;
}

}  // namespace

Result<AccountSettings> settings_for_new(const std::string& name, const AccountWish& wish) {
  MAILKEEP_CHECKED(check_word("the account's name", name, 200));
  if (name.empty() || name.front() == '-')
    return fail(ErrorKind::Usage, "an account's name is not empty and does not begin with '-'");
  if (!wish.url) return fail(ErrorKind::Usage, "an account needs the URL of its server");
  AccountSettings settings;
  settings.name = name;
  return apply(std::move(settings), wish, true);
}

Result<AccountSettings> settings_changed(const AccountSettings& settings, const AccountWish& wish) {
  if (settings.protocol == Protocol::Import && (wish.url || wish.tls))
    return fail(ErrorKind::Usage, "an account of imported mail has no server");
  return apply(settings, wish, false);
}

}  // namespace mailkeep::store
