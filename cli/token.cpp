// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep token add | list | revoke

#include <Poco/JSON/Array.h>

#include <charconv>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "api/scopes.h"
#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/output.h"
#include "cli/people.h"
#include "common/printable.h"
#include "store/tokens.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

constexpr common::Micros kDay = 24LL * 3600 * 1'000'000;

struct TokenFlags {
  std::string user, name;
  std::vector<std::string> scopes;
  std::optional<std::vector<std::string>> accounts;
  std::int64_t days = 90;
};

Poco::JSON::Array texts_json(const std::vector<std::string>& texts) {
  Poco::JSON::Array array;
  for (const std::string& text : texts) array.add(text);
  return array;
}

void set_time(Poco::JSON::Object& object, const std::string& name,
              std::optional<common::Micros> time) {
  if (time)
    object.set(name, common::rfc3339(*time));
  else
    object.set(name, Poco::Dynamic::Var());
}

common::Result<Poco::JSON::Object> token_json(store::Archive& archive,
                                              const store::TokenInfo& token) {
  Poco::JSON::Object object = json_object();
  object.set("id", std::to_string(store::number(token.id)));
  object.set("prefix", token.prefix);
  object.set("user", token.user_name);
  object.set("name", token.name);
  object.set("scopes", texts_json(token.scopes));
  object.set("accounts", Poco::Dynamic::Var());
  if (token.accounts) {
    MAILKEEP_TRY(names, names_of_accounts(archive, *token.accounts));
    object.set("accounts", texts_json(names));
  }
  set_time(object, "created", token.created);
  set_time(object, "expires", token.expires);
  set_time(object, "last_used", token.last_used);
  set_time(object, "revoked", token.revoked);
  return object;
}

common::Status print_secret(const Context& context, store::Archive& archive,
                            const store::CreatedToken& made) {
  if (context.json) {
    MAILKEEP_TRY(object, token_json(archive, made.token));
    object.set("secret", made.secret);
    return print_json(object);
  }
  return print("{}\nshown once; valid until {}\n", made.secret,
               common::rfc3339(made.token.expires));
}

common::Result<int> add(const Context& context, const TokenFlags& flags) {
  if (flags.days < 1 || flags.days > 366)
    return fail(ErrorKind::Usage, "a token is good for 1 to 366 days");
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(user, find_user(*archive, flags.user));
  MAILKEEP_TRY(scopes, api::scopes_within(user.role, flags.scopes));
  store::NewToken wanted;
  wanted.name = flags.name;
  wanted.scopes = api::names_of(flags.scopes.empty() ? api::scopes_of(user.role) : scopes);
  if (flags.accounts) {
    MAILKEEP_TRY(ids, account_ids(*archive, *flags.accounts));
    wanted.accounts = ids;
  }
  wanted.expires = archive->clock().now() + flags.days * kDay;
  MAILKEEP_TRY(made, store::Tokens(*archive).create(user.id, wanted, local_actor()));
  MAILKEEP_CHECKED(print_secret(context, *archive, made));
  return kDone;
}

std::string state_of(const store::TokenInfo& token, common::Micros now) {
  if (token.revoked) return "revoked";
  return token.expires <= now ? "expired" : "until " + common::rfc3339(token.expires);
}

common::Result<int> list(const Context& context) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadOnly));
  MAILKEEP_TRY(tokens, store::Tokens(*archive).list());
  for (const store::TokenInfo& token : tokens) {
    if (context.json) {
      MAILKEEP_TRY(object, token_json(*archive, token));
      MAILKEEP_CHECKED(print_json(object));
      continue;
    }
    MAILKEEP_CHECKED(print("{:<5} {} {:<20} {:<28} {}\n", store::number(token.id), token.prefix,
                           token.user_name, state_of(token, archive->clock().now()), token.name));
  }
  return kDone;
}

common::Result<store::TokenInfo> find_token(store::Archive& archive, const std::string& given) {
  store::Tokens tokens(archive);
  auto by_prefix = tokens.find_by_prefix(given);
  if (by_prefix || by_prefix.error().kind != ErrorKind::NotFound) return by_prefix;
  std::int64_t id = 0;
  const auto [end, error] = std::from_chars(given.data(), given.data() + given.size(), id);
  if (error == std::errc() && end == given.data() + given.size()) {
    auto by_id = tokens.find(store::TokenId(id));
    if (by_id || by_id.error().kind != ErrorKind::NotFound) return by_id;
  }
  return fail(ErrorKind::Usage, "there is no token {}: mailkeep token list shows all",
              common::printable(given.substr(0, 20)));
}

common::Result<int> revoke(const Context& context, const std::string& given) {
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(token, find_token(*archive, given));
  MAILKEEP_CHECKED(store::Tokens(*archive).revoke(token.id, local_actor()));
  if (!context.json)
    MAILKEEP_CHECKED(print("{} of {} is revoked\n", token.prefix, token.user_name));
  return kDone;
}

void add_add(CLI::App& group, Context& context) {
  auto flags = std::make_shared<TokenFlags>();
  CLI::App* const command = add_command(group, context, "add", "Make a token and show it once",
                                        [&context, flags] { return add(context, *flags); });
  command->add_option("--user", flags->user, "in whose name it asks")->required();
  command->add_option("--name", flags->name, "what it is for");
  command->add_option("--scope", flags->scopes, "what it may, of the user's role (repeatable); all")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command
      ->add_option("--account", flags->accounts,
                   "bind it to this account (repeatable); default: all that the user may see")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  command->add_option("--days", flags->days, "until it expires: 1 to 366, default 90");
}

}  // namespace

void add_token_commands(CLI::App& app, Context& context) {
  CLI::App* const group = app.add_subcommand("token", "Secrets with which programs ask the API");
  group->fallthrough();
  group->require_subcommand(1);
  add_add(*group, context);
  add_command(*group, context, "list", "All tokens, without their secrets",
              [&context] { return list(context); });
  auto given = std::make_shared<std::string>();
  CLI::App* const end = add_command(*group, context, "revoke", "End a token",
                                    [&context, given] { return revoke(context, *given); });
  end->add_option("TOKEN", *given, "its id, or the 8 characters behind mk_")->required();
}

}  // namespace mailkeep::cli
