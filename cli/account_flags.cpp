// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/account_flags.h"

#include <charconv>

#include "common/printable.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

common::Result<store::NumberWish> number_wish(const char* flag,
                                              const std::optional<std::string>& text) {
  store::NumberWish wish;
  if (!text) return wish;
  wish.is_given = true;
  if (*text == "none") return wish;
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text->data(), text->data() + text->size(), number);
  if (error != std::errc() || end != text->data() + text->size())
    return fail(ErrorKind::Usage, "{} takes a whole number or none, not '{}'", flag,
                common::printable(*text));
  wish.value = number;
  return wish;
}

}  // namespace

void add_password_options(CLI::App& command, PasswordSource& source) {
  auto* const file = command.add_option("--password-file", source.file, "read once and sealed");
  command.add_flag("--password-stdin", source.from_stdin, "read from standard input")
      ->excludes(file);
}

void add_account_options(CLI::App& command, AccountFlags& flags) {
  command.add_option("--url", flags.url, "imaps://user@host[:port], also imap, pop3s, pop3");
  command.add_option("--tls", flags.tls, "implicit, starttls or none (a plain connection)");
  command.add_option("--ca", flags.ca,
                     "PEM file of the authority to trust, instead of the system's");
  add_password_options(command, flags.password);
  command.add_option("--custodian", flags.custodian,
                     "whose mail this is; default: the account's name");
  const auto repeatable = [](CLI::Option* option) {
    option->expected(1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  };
  repeatable(command.add_option("--include", flags.include,
                                "fetch only folders that match this glob (repeatable)"));
  repeatable(command.add_option("--exclude", flags.exclude,
                                "leave out folders that match this glob (repeatable)"));
  command.add_option("--interval", flags.interval,
                     "SECONDS between two passes of the service, or none for its default");
  command.add_option("--delete-after-archive", flags.delete_after,
                     "DAYS after which archived mail is deleted on the server (0: in the same "
                     "pass), or none for never, the default");
  command.add_option("--smtp", flags.smtp, "smtps://host[:port], for replies");
  command.add_option("--smtp-user", flags.smtp_user, "where it is not the mailbox's user");
  command.add_option("--smtp-password-file", flags.smtp_password.file,
                     "where it is not the mailbox's password; read once and sealed");
  command.add_option("--send-budget", flags.send_budget, "recipients a day, or none for no limit");
  command.add_option("--address", flags.address, "own address, for replies");
}

common::Result<store::AccountWish> wish_from(const AccountFlags& flags) {
  store::AccountWish wish;
  wish.url = flags.url;
  wish.tls = flags.tls;
  wish.ca_file = flags.ca;
  wish.custodian = flags.custodian;
  wish.address = flags.address;
  wish.smtp_url = flags.smtp;
  wish.smtp_user = flags.smtp_user;
  wish.include = flags.no_include ? std::vector<std::string>() : flags.include;
  wish.exclude = flags.no_exclude ? std::vector<std::string>() : flags.exclude;
  MAILKEEP_TRY(interval, number_wish("--interval", flags.interval));
  MAILKEEP_TRY(budget, number_wish("--send-budget", flags.send_budget));
  MAILKEEP_TRY(delete_after, number_wish("--delete-after-archive", flags.delete_after));
  wish.interval_seconds = interval;
  wish.delete_after_days = delete_after;
  wish.send_budget = budget;
  return wish;
}

}  // namespace mailkeep::cli
