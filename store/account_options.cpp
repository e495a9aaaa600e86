// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/account_options.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

#include "common/printable.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::Status;

constexpr std::string_view kInterval = "interval_seconds";
constexpr std::string_view kSendBudget = "send_budget";
constexpr std::string_view kSmtpUser = "smtp_user";

void put(std::string& text, std::string_view name, std::string_view value) {
  text += fmt::format("{}{}={}", text.empty() ? "" : "\n", name, value);
}

std::optional<std::uint32_t> number_from(std::string_view text) {
  std::uint32_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

void take(AccountSettings& settings, std::string_view line) {
  const std::size_t equals = std::min(line.find('='), line.size());
  const std::string_view name = line.substr(0, equals);
  const std::string_view value = line.substr(std::min(equals + 1, line.size()));
  if (name == kInterval) settings.interval_seconds = number_from(value);
  if (name == kSendBudget) settings.send_budget = number_from(value);
  if (name == kSmtpUser) settings.smtp_user = value;
}

}  // namespace

std::string options_text(const AccountSettings& settings) {
  std::string text;
  if (settings.interval_seconds) put(text, kInterval, std::to_string(*settings.interval_seconds));
  if (settings.send_budget) put(text, kSendBudget, std::to_string(*settings.send_budget));
  if (!settings.smtp_user.empty()) put(text, kSmtpUser, settings.smtp_user);
  return text;
}

Status read_options(std::string_view text, AccountSettings& settings) {
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    take(settings, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  if (options_text(settings) == text) return {};
  return common::fail(ErrorKind::Corrupt,
                      "the options of an account are not what this program wrote ({}): run "
                      "mailkeep verify, or a newer mailkeep",
                      common::printable(text.substr(0, 200)));
}

}  // namespace mailkeep::store
