// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep hold add NAME (--account A | --custodian C | --all) | release NAME | list

#include <memory>
#include <string>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/people.h"
#include "common/printable.h"
#include "store/accounts.h"
#include "store/holds.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

struct HoldFlags {
  std::string name, account, custodian;
  bool everything = false;
};

// What it covers, as a person reads it.
common::Result<std::string> scope_text(store::Archive& archive, const store::Hold& hold) {
  switch (hold.scope) {
    case store::HoldScope::Everything:
      return "everything";
    case store::HoldScope::Custodian:
      return "custodian " + hold.custodian;
    case store::HoldScope::Account:
      break;
  }
  MAILKEEP_TRY(account, store::Accounts(archive).find_by_id(*hold.account));
  return "account " + account.settings.name;
}

common::Status print_hold(const Context& context, store::Archive& archive,
                          const store::Hold& hold) {
  MAILKEEP_TRY(scope, scope_text(archive, hold));
  if (!context.json) {
    return print("{:<24} {:<32} since {}{}\n", hold.name, common::printable(scope),
                 common::rfc3339(hold.created),
                 hold.released ? ", released " + common::rfc3339(*hold.released) : "");
  }
  Poco::JSON::Object object = json_object();
  object.set("name", hold.name);
  object.set("scope", std::string(store::name_of(hold.scope)));
  if (hold.account) {
    MAILKEEP_TRY(account, store::Accounts(archive).find_by_id(*hold.account));
    object.set("account", account.settings.name);
  }
  if (hold.scope == store::HoldScope::Custodian) object.set("custodian", hold.custodian);
  object.set("actor", hold.actor);
  object.set("created", common::rfc3339(hold.created));
  if (hold.released) object.set("released", common::rfc3339(*hold.released));
  return print_json(object);
}

common::Result<store::Hold> wish_of(store::Archive& archive, const HoldFlags& flags) {
  const int scopes = static_cast<int>(flags.everything) + static_cast<int>(!flags.account.empty()) +
                     static_cast<int>(!flags.custodian.empty());
  if (scopes != 1)
    return fail(ErrorKind::Usage,
                "say what is held with one of --account NAME, --custodian NAME or --all");
  store::Hold hold;
  hold.name = flags.name;
  if (!flags.custodian.empty()) {
    hold.scope = store::HoldScope::Custodian;
    hold.custodian = flags.custodian;
  } else if (!flags.account.empty()) {
    MAILKEEP_TRY(ids, account_ids(archive, {flags.account}));
    hold.scope = store::HoldScope::Account;
    hold.account = ids.front();
  }
  return hold;
}

common::Result<int> add(const Context& context, const HoldFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(wish, wish_of(*archive, flags));
  MAILKEEP_TRY(hold, store::Holds(*archive).add(wish, local_actor()));
  MAILKEEP_CHECKED(print_hold(context, *archive, hold));
  return kDone;
}

common::Result<int> release(const Context& context, const HoldFlags& flags) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  auto hold = store::Holds(*archive).release(flags.name, local_actor());
  // A name that was typed wrong is wrong use.
  if (!hold && hold.error().kind == ErrorKind::NotFound)
    return fail(ErrorKind::Usage, "{}", hold.error().text);
  if (!hold) return tl::unexpected(std::move(hold).error());
  MAILKEEP_CHECKED(print_hold(context, *archive, *hold));
  return kDone;
}

common::Result<int> list(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(holds, store::Holds(*archive).list());
  for (const store::Hold& hold : holds) MAILKEEP_CHECKED(print_hold(context, *archive, hold));
  return kDone;
}

}  // namespace

void add_hold_commands(CLI::App& app, Context& context) {
  CLI::App* const group = app.add_subcommand("hold", "Mail of which nothing may be deleted");
  group->fallthrough();
  group->require_subcommand(1);
  const auto flags = std::make_shared<HoldFlags>();
  CLI::App* const added = add_command(*group, context, "add", "Begin a hold",
                                      [&context, flags] { return add(context, *flags); });
  added->add_option("NAME", flags->name, "What the hold is called; used once")->required();
  added->add_option("--account", flags->account, "Hold the mail of one account");
  added->add_option("--custodian", flags->custodian, "Hold the mail of a custodian's accounts");
  added->add_flag("--all", flags->everything, "Hold everything");
  CLI::App* const released = add_command(*group, context, "release", "End a hold",
                                         [&context, flags] { return release(context, *flags); });
  released->add_option("NAME", flags->name, "Which hold")->required();
  add_command(*group, context, "list", "Every hold, released ones too",
              [&context] { return list(context); });
}

}  // namespace mailkeep::cli
