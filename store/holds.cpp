// SPDX-License-Identifier: GPL-3.0-or-later
// The log itself is the list of holds: its events say which there are, and are verified like all
// evidence. There is nothing beside them that could say otherwise.
#include "store/holds.h"

#include <Poco/Exception.h>
#include <Poco/JSON/Object.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <array>

#include "common/json_line.h"
#include "common/printable.h"
#include "store/accounts.h"
#include "store/enum_words.h"
#include "store/log/appender.h"
#include "store/log/events.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::size_t kNameMaxBytes = 200;

constexpr EnumWords<HoldScope, 3> kScopes = {{
    {HoldScope::Everything, "everything"},
    {HoldScope::Account, "account"},
    {HoldScope::Custodian, "custodian"},
}};

Status check_name(std::string_view name) {
  if (!name.empty() && name.size() <= kNameMaxBytes && common::printable(name) == name) return {};
  return fail(ErrorKind::Usage, "a hold's name is 1 to {} bytes of printable UTF-8", kNameMaxBytes);
}

std::string text_of(const Hold& hold, std::string_view actor) {
  common::JsonLine line;
  line.add("what", hold.released ? "hold.released" : "hold.added").add("who", actor);
  line.add("name", hold.name).add("scope", name_of(hold.scope));
  if (hold.account) line.add("account", number(*hold.account));
  if (hold.scope == HoldScope::Custodian) line.add("custodian", hold.custodian);
  return line.text();
}

// Nothing if it is no text of ours: a hold that cannot be read must not be passed over.
std::optional<Hold> parse(std::string_view text) {
  try {
    Poco::JSON::Parser parser;
    const auto object = parser.parse(std::string(text)).extract<Poco::JSON::Object::Ptr>();
    Hold hold;
    hold.name = object->getValue<std::string>("name");
    const auto scope = enum_from(kScopes, object->getValue<std::string>("scope"));
    if (!scope) return std::nullopt;
    hold.scope = *scope;
    hold.actor = object->getValue<std::string>("who");
    if (hold.scope == HoldScope::Account)
      hold.account = AccountId{object->getValue<std::int64_t>("account")};
    if (hold.scope == HoldScope::Custodian)
      hold.custodian = object->getValue<std::string>("custodian");
    return hold;
  } catch (const Poco::Exception&) {
    return std::nullopt;
  }
}

Status take(const Row& row, std::vector<Hold>& holds) {
  const std::optional<Hold> read = parse(row.bytes(1));
  if (!read)
    return fail(ErrorKind::Corrupt,
                "the hold at log position {} cannot be read: run mailkeep verify", row.integer(3));
  if (row.integer(0) == static_cast<std::int64_t>(EntryKind::Hold)) {
    holds.push_back(*read);
    holds.back().created = row.integer(2);
    return {};
  }
  for (Hold& hold : holds) {
    if (hold.name == read->name) hold.released = row.integer(2);
  }
  return {};
}

Result<std::vector<Hold>> read_holds(Connection& connection) {
  std::vector<Hold> holds;
  MAILKEEP_CHECKED(connection.query(
      "SELECT kind, fact_text, time, position FROM events WHERE kind = $1 OR kind = $2 "
      "ORDER BY position",
      {static_cast<std::int64_t>(EntryKind::Hold), static_cast<std::int64_t>(EntryKind::Release)},
      [&](const Row& row) { return take(row, holds); }));
  return holds;
}

std::optional<Hold> find(const std::vector<Hold>& holds, std::string_view name) {
  const auto found =
      std::find_if(holds.begin(), holds.end(), [&](const Hold& hold) { return hold.name == name; });
  return found == holds.end() ? std::nullopt : std::optional(*found);
}

bool covers(const Hold& hold, const Account& account) {
  if (hold.released) return false;
  const AccountSettings& settings = account.settings;
  const std::string& custodian = settings.custodian.empty() ? settings.name : settings.custodian;
  switch (hold.scope) {
    case HoldScope::Everything:
      return true;
    case HoldScope::Account:
      return hold.account == account.id;
    case HoldScope::Custodian:
      return hold.custodian == custodian;
  }
  return true;
}

}  // namespace

Result<Hold> Holds::add(const Hold& wish, std::string_view actor) {
  MAILKEEP_CHECKED(check_name(wish.name));
  if (wish.scope == HoldScope::Custodian) MAILKEEP_CHECKED(check_name(wish.custodian));
  if (wish.scope == HoldScope::Account)
    MAILKEEP_CHECKED(Accounts(archive_).find_by_id(wish.account.value_or(AccountId{})));
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  LogAppender log(transaction->connection());
  // Order: the head is locked before the look, so that two that add the same name see each other.
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(holds, read_holds(transaction->connection()));
  if (find(holds, wish.name))
    return fail(ErrorKind::Conflict, "there was a hold named {} already: choose another name",
                common::printable(wish.name));
  Hold hold = wish;
  hold.released.reset();
  hold.actor = actor;
  hold.created = archive_.clock().now();
  MAILKEEP_CHECKED(append_event(transaction->connection(), log, EntryKind::Hold,
                                text_of(hold, actor), hold.created));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return hold;
}

Result<Hold> Holds::release(std::string_view name, std::string_view actor) {
  MAILKEEP_TRY(transaction, archive_.database().begin_write(Urgency::Interactive));
  LogAppender log(transaction->connection());
  MAILKEEP_CHECKED(log.lock_head());
  MAILKEEP_TRY(holds, read_holds(transaction->connection()));
  std::optional<Hold> hold = find(holds, name);
  if (!hold)
    return fail(ErrorKind::NotFound, "there is no hold named {}: mailkeep hold list shows all",
                common::printable(name));
  if (hold->released)
    return fail(ErrorKind::Conflict, "the hold {} was released already", common::printable(name));
  hold->released = archive_.clock().now();
  MAILKEEP_CHECKED(append_event(transaction->connection(), log, EntryKind::Release,
                                text_of(*hold, actor), *hold->released));
  MAILKEEP_CHECKED(log.finish());
  MAILKEEP_CHECKED(transaction->commit());
  return *hold;
}

Result<std::vector<Hold>> Holds::list() {
  MAILKEEP_TRY(reading, archive_.database().begin_read());
  MAILKEEP_TRY(holds, read_holds(reading->connection()));
  std::sort(holds.begin(), holds.end(),
            [](const Hold& a, const Hold& b) { return a.name < b.name; });
  return std::move(holds);
}

Result<bool> Holds::is_held(AccountId id) {
  MAILKEEP_TRY(account, Accounts(archive_).find_by_id(id));
  MAILKEEP_TRY(holds, list());
  return std::any_of(holds.begin(), holds.end(),
                     [&](const Hold& hold) { return covers(hold, account); });
}

std::string_view name_of(HoldScope scope) { return word_for(kScopes, scope); }

}  // namespace mailkeep::store
