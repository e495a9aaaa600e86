// SPDX-License-Identifier: GPL-3.0-or-later
// GET /search, /search/check, /search/help and /messages: lists of messages, page by page.
//
// A cursor holds the snapshot of its first page, so that mail that comes in moves nothing, and the
// sort key of the last hit, so that a late page costs what the first one does.

#include <charconv>

#include "api/auth.h"
#include "api/cursor.h"
#include "api/handlers/handlers.h"
#include "api/handlers/message_json.h"
#include "api/handlers/visible.h"
#include "api/json.h"
#include "api/paging.h"
#include "common/digest.h"
#include "indexer/search/query_help.h"

namespace mailkeep::api {
namespace {

using common::Deadline;

constexpr std::size_t kMaxQueryBytes = 16UL << 10U;
constexpr std::chrono::seconds kPatience{10};

struct Wish {
  std::string query;
  search::SearchOptions options;
  std::optional<std::uint64_t> total;  // of the first page
  bool is_search = false;              // with snippets, as an answer to a question
};

tl::expected<search::Sort, Problem> sort_of(const Request& request) {
  const std::string word = query_value(request, "sort").value_or("date");
  if (word == "date") return search::Sort::Date;
  if (word == "relevance") return search::Sort::Relevance;
  return refuse("bad-parameter", "sort is date or relevance");
}

// A cursor serves only the question and the caller that it was made for.
std::string purpose_of(const Wish& wish, const Caller& caller) {
  std::string text = fmt::format("{}\n{}\n{}\n", wish.is_search ? "search" : "messages",
                                 static_cast<int>(wish.options.sort), caller.user);
  for (const std::string& name : wish.options.accounts.value_or(std::vector<std::string>{"*"}))
    text += name + "\n";
  return common::Sha256::of(text + wish.query).hex();
}

std::uint64_t number_in(const std::string& text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

Permission continue_from(const Services& services, const Request& request, const Caller& caller,
                         Wish& wish) {
  const auto cursor = query_value(request, "cursor");
  if (!cursor) return {};
  MAILKEEP_TRY(fields, services.cursors.decode(purpose_of(wish, caller), *cursor));
  if (fields.size() != 4) return refuse("bad-cursor", "ask for the first page again");
  wish.options.snapshot = static_cast<std::int64_t>(number_in(fields[0]));
  wish.total = number_in(fields[1]);
  wish.options.offset = number_in(fields[2]);
  wish.options.after = fields[3];
  wish.options.with_facets = false;
  return {};
}

// The cursor behind the last hit; nothing when that was the last of all.
std::optional<std::string> next_cursor(const Services& services, const Caller& caller,
                                       const Wish& wish, const search::SearchResult& found) {
  if (found.hits.size() < wish.options.limit) return std::nullopt;
  const bool is_by_date = wish.options.sort == search::Sort::Date;
  const std::uint64_t seen = wish.options.offset + found.hits.size();
  if (!is_by_date && seen >= found.total) return std::nullopt;
  return services.cursors.encode(
      purpose_of(wish, caller),
      {std::to_string(found.snapshot), std::to_string(wish.total.value_or(found.total)),
       is_by_date ? "0" : std::to_string(seen), is_by_date ? found.hits.back().order : ""});
}

void put_facet(JsonWriter& json, std::string_view name,
               const std::vector<search::FacetValue>& values) {
  json.key(name).begin_array();
  for (const search::FacetValue& one : values)
    json.begin_object().field("value", one.value).field("count", one.count).end_object();
  json.end_array();
}

void put_facets(JsonWriter& json, const search::Facets& facets) {
  json.key("facets").begin_object();
  put_facet(json, "account", facets.accounts);
  put_facet(json, "sender", facets.senders);
  json.field("sender_others", facets.senders_other);
  put_facet(json, "month", facets.months);
  json.end_object();
}

void put_hit(JsonWriter& json, const search::Hit& hit, bool with_snippet) {
  json.begin_object();
  put_summary(json, hit);
  if (with_snippet) {
    json.field("snippet", hit.snippet);
    put_ranges(json, "highlights", hit.highlights);
  }
  json.end_object();
}

std::string page_json(const Wish& wish, const search::SearchResult& found,
                      const std::optional<std::string>& next) {
  JsonWriter json;
  json.begin_object();
  if (wish.is_search) json.field("query", wish.query);
  json.field("total", wish.total.value_or(found.total))
      .field("total_is_exact", true)
      .field("snapshot", found.snapshot)
      .field("next_cursor", next);
  json.key("items").begin_array();
  for (const search::Hit& hit : found.hits) put_hit(json, hit, wish.is_search);
  json.end_array();
  if (found.facets) put_facets(json, *found.facets);
  json.end_object();
  return json.take();
}

Problem with_fault(Problem problem, const std::optional<search::QueryFault>& fault) {
  if (!fault) return problem;
  problem = make_problem("bad-query", fault->reason);
  problem.query_fault = *fault;
  return problem;
}

Answer answer(Services& services, const Request& request, const Caller& caller, Wish wish) {
  MAILKEEP_CHECKED(continue_from(services, request, caller, wish));
  MAILKEEP_TRY(searcher, services.searchers.take(Deadline::in(kPatience)));
  const auto found = searcher->search(wish.query, wish.options);
  if (!found) return tl::unexpected(with_fault(Problem(found.error()), searcher->fault()));
  const auto next = next_cursor(services, caller, wish, *found);
  std::string body = page_json(wish, *found, next);
  Access access;
  access.action = wish.is_search ? "search" : "list";
  access.object = wish.query;
  access.count = found->hits.size();
  access.total = wish.total.value_or(found->total);
  access.result = common::Sha256::of(body).hex();
  MAILKEEP_CHECKED(services.access.record(caller, request, access));
  return json_response(std::move(body));
}

Answer search(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::Search));
  Wish wish;
  wish.is_search = true;
  MAILKEEP_TRY(query, required_parameter(request, "q", kMaxQueryBytes));
  MAILKEEP_TRY(sort, sort_of(request));
  MAILKEEP_TRY(limit, limit_of(request));
  MAILKEEP_TRY(facets, flag_of(request, "facets"));
  wish.query = query;
  wish.options.sort = sort;
  wish.options.limit = limit;
  wish.options.with_facets = facets;
  wish.options.accounts = scope_of(caller);
  return answer(services, request, caller, std::move(wish));
}

// Of the account of this name, if the caller may see it; else there is no such account.
tl::expected<search::Scope, Problem> narrowed(const Request& request, const Caller& caller) {
  search::Scope scope = scope_of(caller);
  const auto account = query_value(request, "account");
  if (!account) return scope;
  const bool is_open = !scope || std::find(scope->begin(), scope->end(), *account) != scope->end();
  return search::Scope(is_open ? std::vector<std::string>{*account} : std::vector<std::string>{});
}

Answer list(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  Wish wish;
  wish.query = "*";
  MAILKEEP_TRY(limit, limit_of(request));
  MAILKEEP_TRY(scope, narrowed(request, caller));
  wish.options.limit = limit;
  wish.options.accounts = scope;
  wish.options.with_snippets = false;
  return answer(services, request, caller, std::move(wish));
}

Answer check(Services& services, const Request& request) {
  MAILKEEP_CHECKED(services.auth.require(request, Scope::Search));
  MAILKEEP_TRY(query, required_parameter(request, "q", kMaxQueryBytes));
  const auto fault = search::check_query(query);
  JsonWriter json;
  json.begin_object().field("ok", !fault).key("query_fault");
  fault ? put_query_fault(json, *fault) : static_cast<void>(json.null());
  json.end_object();
  return json_response(json.take());
}

Answer help(Services& services, const Request& request) {
  MAILKEEP_CHECKED(services.auth.require(request, Scope::Search));
  JsonWriter json;
  json.begin_object().key("fields").begin_array();
  for (const search::FieldHelp& field : search::field_help())
    json.begin_object()
        .field("name", field.name)
        .field("alias", field.alias)
        .field("kind", field.kind)
        .field("help", field.help)
        .end_object();
  json.end_array().field("text", search::query_help()).end_object();
  return json_response(json.take());
}

}  // namespace

void add_search_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/search", search);
  add_route(router, services, Method::Get, "/api/v1/search/check", check);
  add_route(router, services, Method::Get, "/api/v1/search/help", help);
  add_route(router, services, Method::Get, "/api/v1/messages", list);
}

}  // namespace mailkeep::api
