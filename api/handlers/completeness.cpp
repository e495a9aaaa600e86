// SPDX-License-Identifier: GPL-3.0-or-later
// GET /accounts/{id}/folders, /completeness and /gaps: what the servers have against what is
// archived, in the numbers of `mailkeep report`.

#include <algorithm>
#include <charconv>
#include <compare>
#include <map>

#include "api/cursor.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/visible_account.h"
#include "api/json.h"
#include "api/paging.h"
#include "common/digest.h"
#include "common/encoding.h"
#include "store/completeness.h"
#include "store/folder_name.h"

namespace mailkeep::api {
namespace {

// IMAP folders have a UIDVALIDITY; POP3's one folder has none.
store::FolderName name_of(const store::FolderReport& folder) {
  return store::decode_folder(folder.name, folder.uidvalidity != 0);
}

void put_text(JsonWriter& json, std::string_view key, const std::string& text) {
  json.key(key);
  text.empty() ? json.null() : json.value(text);
}

void put_folder(JsonWriter& json, const store::FolderReport& folder) {
  const store::FolderName name = name_of(folder);
  json.begin_object().field("name", name.text);
  if (!name.is_exact) json.field("name_hex", common::to_hex(folder.name));
  json.field("uidvalidity", folder.uidvalidity)
      .field("epoch", folder.epoch)
      .field("is_newest_epoch", folder.is_newest_epoch)
      .field("server", folder.server)
      .field("archived", folder.archived)
      .field("excluded", folder.excluded)
      .field("failed", folder.failed)
      .field("vanished", folder.vanished)
      .field("gaps", folder.gaps.size())
      .field("is_listed", folder.is_listed)
      .field("is_inferred", folder.is_inferred)
      .field("gone", folder.gone)
      .field("deleted", folder.deleted);
  put_time(json, "listed", folder.listed);
  put_time(json, "checked", folder.checked);
  json.key("excluded_by").begin_array();
  for (const store::ExcludedBy& by : folder.excluded_by)
    json.begin_object().field("rule", by.rule).field("uids", by.count).end_object();
  json.end_array();
  put_text(json, "note", folder.note);
  put_text(json, "trouble", folder.trouble);
  json.end_object();
}

struct Found {
  store::Account account;
  store::AccountReport report;
};

tl::expected<Found, Problem> find_report(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(account, find_visible_account(services, caller, request.parameters[0]));
  MAILKEEP_TRY(report, store::completeness(services.archive, {account.settings.name}));
  return Found{std::move(account), std::move(report.accounts.front())};
}

Answer list_folders(Services& services, const Request& request) {
  MAILKEEP_TRY(found, find_report(services, request));
  const auto& folders = found.report.folders;
  return json_response(list_json(folders, folders.size(), std::nullopt, put_folder));
}

Answer get_completeness(Services& services, const Request& request) {
  MAILKEEP_TRY(found, find_report(services, request));
  JsonWriter json;
  json.begin_object().key("account").begin_object();
  json.field("id", id_text(store::number(found.account.id)))
      .field("name", found.account.settings.name)
      .end_object();
  json.field("complete", found.report.complete);
  put_time(json, "last_pass", found.report.last_pass);
  put_text(json, "error", found.report.error);
  json.key("folders").begin_array();
  for (const store::FolderReport& folder : found.report.folders) put_folder(json, folder);
  json.end_array().end_object();
  return json_response(json.take());
}

// A server may call a folder anything, at any length, and a cursor has to fit into a URL.
std::string short_key(const std::string& name) {
  constexpr std::size_t kMaxBytes = 500;
  if (name.size() <= kMaxBytes) return name;
  return name.substr(0, kMaxBytes) + common::Sha256::of(name).hex();
}

// Where a gap stands in the list. Twins under one UIDL are counted.
struct Place {
  std::string folder;
  std::uint64_t epoch = 0;
  std::uint64_t uid = 0;
  std::string uidl;
  std::uint64_t twin = 0;

  auto operator<=>(const Place&) const = default;
};

struct Listed {
  Place place;
  const store::FolderReport* folder = nullptr;
  store::Gap gap;
};

// The page of gaps that follows a place, with one more to tell whether there is another, and how
// many gaps there are in all. There may be millions: only the page is kept.
class GapPage {
 public:
  GapPage(std::string state, std::optional<Place> after, std::size_t limit)
      : state_(std::move(state)), after_(std::move(after)), limit_(limit) {}

  void take(const store::FolderReport& folder) {
    const std::string name = short_key(folder.name);
    std::map<std::string, std::uint64_t> twins;
    // No error can come of it: the visitor brings none.
    static_cast<void>(folder.gaps.each([&](const store::Gap& gap) -> common::Status {
      Place place{name, folder.epoch, gap.uid, short_key(gap.uidl),
                  gap.uid != 0 ? 0 : twins[gap.uidl]++};
      if (state_.empty() || gap.state == state_) {
        ++total;
        keep({std::move(place), &folder, gap});
      }
      return {};
    }));
  }

  std::uint64_t total = 0;
  std::vector<Listed> list;  // in order

 private:
  void keep(Listed&& one) {
    if (after_ && one.place <= *after_) return;
    if (list.size() > limit_ && list.back().place < one.place) return;
    const auto at =
        std::upper_bound(list.begin(), list.end(), one,
                         [](const Listed& a, const Listed& b) { return a.place < b.place; });
    list.insert(at, std::move(one));
    if (list.size() > limit_ + 1) list.pop_back();
  }

  std::string state_;
  std::optional<Place> after_;
  std::size_t limit_;
};

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

tl::expected<std::optional<Place>, Problem> place_in_cursor(const Services& services,
                                                            const Request& request,
                                                            std::string_view purpose) {
  const auto cursor = query_value(request, "cursor");
  if (!cursor) return std::nullopt;
  MAILKEEP_TRY(fields, services.cursors.decode(purpose, *cursor));
  if (fields.size() != 5) return refuse("bad-cursor", "ask for the first page again");
  return Place{fields[0], number_in(fields[1]), number_in(fields[2]), fields[3],
               number_in(fields[4])};
}

void put_gap(JsonWriter& json, const Listed& listed) {
  const store::Gap& gap = listed.gap;
  json.begin_object()
      .field("folder", name_of(*listed.folder).text)
      .field("uidvalidity", listed.folder->uidvalidity)
      .key("uid");
  gap.uid != 0 ? json.value(gap.uid) : json.null();
  json.key("uidl");
  gap.uid != 0 ? json.null() : json.value(gap.uidl);
  json.field("state", gap.state)
      .field("reason", gap.reason)
      .field("attempts", gap.attempts)
      .end_object();
}

Answer list_gaps(Services& services, const Request& request) {
  MAILKEEP_TRY(found, find_report(services, request));
  MAILKEEP_TRY(limit, limit_of(request));
  const std::string state = query_value(request, "state").value_or("");
  if (!state.empty() && state != "failed" && state != "pending" && state != "vanished")
    return refuse("bad-parameter", "state is failed, pending or vanished");
  const std::string purpose = fmt::format("gaps\n{}\n{}", request.parameters[0], state);
  MAILKEEP_TRY(after, place_in_cursor(services, request, purpose));
  GapPage page(state, std::move(after), limit);
  for (const store::FolderReport& folder : found.report.folders) page.take(folder);
  std::vector<Listed>& list = page.list;
  std::optional<std::string> next;
  if (list.size() > limit) {
    list.resize(limit);
    const Place& last = list.back().place;
    next = services.cursors.encode(
        purpose, {last.folder, std::to_string(last.epoch), std::to_string(last.uid), last.uidl,
                  std::to_string(last.twin)});
  }
  return json_response(list_json(list, page.total, next, put_gap));
}

}  // namespace

void add_completeness_routes(Router& router, Services& services) {
  const std::string one = "/api/v1/accounts/{account}";
  add_route(router, services, Method::Get, one + "/folders", list_folders);
  add_route(router, services, Method::Get, one + "/completeness", get_completeness);
  add_route(router, services, Method::Get, one + "/gaps", list_gaps);
}

}  // namespace mailkeep::api
