// SPDX-License-Identifier: GPL-3.0-or-later
// GET /stats/growth and /stats/lag for the page's dashboard; /readyz and /metrics for machines.

#include <map>

#include "api/dashboard.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/json.h"
#include "api/metrics.h"

namespace mailkeep::api {
namespace {

constexpr std::chrono::seconds kLagAge{1};
constexpr std::chrono::seconds kScrapeAge{10};

Answer get_growth(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(arrivals, services.dashboard.arrivals());
  std::map<store::Arrivals::Day, store::Amount> days;
  store::Amount total;
  for (const auto& [key, amount] : arrivals) {
    if (!caller.may_see(key.first)) continue;
    days[key.second].messages += amount.messages;
    days[key.second].bytes += amount.bytes;
    total.messages += amount.messages;
    total.bytes += amount.bytes;
  }
  JsonWriter json;
  json.begin_object().key("days").begin_array();
  for (const auto& [day, amount] : days)
    json.begin_object()
        .field("day", store::date_of(day))
        .field("messages", amount.messages)
        .field("bytes", amount.bytes)
        .end_object();
  json.end_array().field("messages", total.messages).field("bytes", total.bytes);
  json.key("stored_bytes");
  if (caller.accounts) {
    json.null();  // what all accounts share is not told to who may see some
  } else {
    MAILKEEP_TRY(stored, services.dashboard.stored_bytes());
    json.value(stored);
  }
  json.end_object();
  return json_response(json.take());
}

void put_account_lag(JsonWriter& json, const AccountFigures& one) {
  json.begin_object().key("account").begin_object();
  json.field("id", id_text(store::number(one.account.id)))
      .field("name", one.account.settings.name)
      .end_object();
  json.field("state", one.activity && one.account.state == store::AccountState::Active
                          ? std::string_view(one.activity->state)
                          : store::name_of(one.account.state));
  const auto& last = one.passes.last;
  put_time(json, "last_pass", last ? std::optional(last->started) : std::nullopt);
  json.key("last_error");
  last && !last->error.empty() ? json.value(last->error) : json.null();
  put_time(json, "next_due", one.activity ? one.activity->next_due : std::nullopt);
  json.field("complete", one.is_complete)
      .field("archived", one.archived.messages)
      .field("gaps", one.gaps)
      .end_object();
}

Answer get_lag(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::AccountsRead));
  MAILKEEP_TRY(figures, services.dashboard.figures(kLagAge));
  JsonWriter json;
  json.begin_object().key("accounts").begin_array();
  for (const AccountFigures& one : figures->accounts)
    if (caller.may_see(one.account.id)) put_account_lag(json, one);
  json.end_array()
      .field("index_lag_entries",
             figures->log_entries - std::min(figures->log_entries, figures->index_position))
      .field("log_entries", figures->log_entries)
      .key("checkpoint");
  if (figures->checkpoint) {
    const auto age =
        std::max<common::Micros>(figures->taken - figures->checkpoint->time, 0) / 1'000'000;
    json.begin_object()
        .field("size", figures->checkpoint->size)
        .field("time", common::rfc3339(figures->checkpoint->time))
        .field("age_seconds", age)
        .end_object();
  } else {
    json.null();
  }
  json.end_object();
  return json_response(json.take());
}

Answer get_readiness(Services& services, const Request&) {
  JsonWriter json;
  bool is_ready = true;
  json.begin_object().key("parts").begin_array();
  for (const PartView& part : services.dashboard.parts()) {
    is_ready = is_ready && part.is_ok;
    json.begin_object()
        .field("name", part.name)
        .field("ok", part.is_ok)
        .field("detail", part.detail)
        .end_object();
  }
  json.end_array().field("ready", is_ready).end_object();
  return json_response(json.take(), is_ready ? 200 : 503);
}

bool is_loopback(const std::string& peer) { return peer.starts_with("127.") || peer == "::1"; }

Answer get_metrics(Services& services, const Request& request) {
  if (!services.metrics_are_open || !is_loopback(request.peer)) {
    MAILKEEP_TRY(caller, services.auth.require(request, Scope::Metrics));
    MAILKEEP_CHECKED(require_unbound(caller, "read the metrics, which are about all of them"));
  }
  MAILKEEP_TRY(figures, services.dashboard.figures(kScrapeAge));
  return text_response(services.metrics.text(*figures));
}

}  // namespace

void add_stats_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/stats/growth", get_growth);
  add_route(router, services, Method::Get, "/api/v1/stats/lag", get_lag);
  add_route(router, services, Method::Get, "/readyz", get_readiness);
  add_route(router, services, Method::Get, "/metrics", get_metrics);
}

}  // namespace mailkeep::api
