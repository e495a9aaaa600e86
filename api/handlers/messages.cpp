// SPDX-License-Identifier: GPL-3.0-or-later
// GET /messages/{id} and what hangs on it: places, parts, HTML bodies, exact bytes, conversation.

#include <algorithm>
#include <map>
#include <set>

#include "api/auth.h"
#include "api/conditional.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/message_json.h"
#include "api/handlers/visible.h"
#include "api/json.h"
#include "api/paging.h"
#include "message/parse.h"
#include "message/viewer.h"
#include "store/contents.h"

namespace mailkeep::api {
namespace {

using common::Deadline;
using common::ErrorKind;

constexpr std::chrono::seconds kPatience{20};
constexpr std::size_t kBeginningBytes = 1UL << 20U;  // of a message too large to show
constexpr std::uint64_t kMaxPartSource = 256ULL << 20U;
constexpr std::size_t kMaxQueryBytes = 16UL << 10U;

// A document for a frame: no script can run in it, nothing can be fetched, nothing can leave it.
constexpr std::string_view kFramePolicy =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'self'; sandbox";
constexpr std::string_view kDocumentHead =
    "<!doctype html><html><head><meta charset=\"utf-8\"><style>body{font:15px/1.5 system-ui,"
    "sans-serif;margin:12px;color:#111;background:#fff;overflow-wrap:anywhere}img{max-width:100%;"
    "height:auto}table{max-width:100%}pre{white-space:pre-wrap}</style></head><body>";
constexpr std::string_view kDocumentTail = "</body></html>";

common::Result<std::string> beginning_of(store::Contents& contents, const common::Digest& id) {
  std::string beginning;
  const auto read = contents.read(id, [&](std::string_view piece) -> common::Status {
    beginning += piece.substr(0, kBeginningBytes - beginning.size());
    if (beginning.size() < kBeginningBytes) return {};
    return common::fail(ErrorKind::Limit, "enough");
  });
  if (!read && read.error().kind != ErrorKind::Limit) return tl::unexpected(read.error());
  return beginning;
}

// What headers alone tell, where the whole cannot be shown: it is too large, or the parser died.
common::Result<message::MessageView> headers_only(store::Contents& contents,
                                                  const common::Digest& id, std::string note) {
  MAILKEEP_TRY(beginning, beginning_of(contents, id));
  message::MessageView view;
  view.message = message::parse_headers_only(beginning);
  view.notes.push_back(std::move(note));
  return view;
}

common::Result<message::MessageView> view_of(Services& services, const common::Digest& id) {
  // Order: the turn before the bytes, so that those who wait for one hold no message.
  MAILKEEP_TRY(viewer, services.viewers.take(Deadline::in(kPatience)));
  store::Contents contents(services.archive);
  auto raw = contents.get(id, message::kMaxViewBytes);
  if (!raw && raw.error().kind == ErrorKind::Limit)
    return headers_only(contents, id, "too-large-to-show");
  if (!raw) return tl::unexpected(std::move(raw).error());
  auto view = viewer->view(*raw);
  if (!view && view.error().kind == ErrorKind::Malformed)
    return headers_only(contents, id, "parser-died");
  return view;
}

Permission record(Services& services, const Caller& caller, const Request& request,
                  std::string_view action, const common::Digest& id, std::string_view detail = {}) {
  Access access;
  access.action = action;
  access.object = id.hex();
  access.detail = detail;
  return services.access.record(caller, request, access);
}

tl::expected<std::set<std::string, std::less<>>, Problem> wanted_fields(const Request& request) {
  std::set<std::string, std::less<>> wanted;
  const auto list = query_value(request, "fields");
  if (!list) return wanted;
  std::string_view rest = *list;
  while (!rest.empty()) {
    const std::size_t comma = std::min(rest.find(','), rest.size());
    const std::string_view name = rest.substr(0, comma);
    if (!is_message_field(name))
      return refuse("bad-parameter", "fields names '{}', which a message does not have", name);
    wanted.emplace(name);
    rest.remove_prefix(std::min(comma + 1, rest.size()));
  }
  return wanted;
}

Permission mark_words(Services& services, const Request& request, ShownMessage& shown) {
  const auto query = query_value(request, "q");
  if (!query) return {};
  if (query->size() > kMaxQueryBytes) return refuse("bad-parameter", "q is too long");
  MAILKEEP_TRY(searcher, services.searchers.take(Deadline::in(kPatience)));
  MAILKEEP_TRY(ranges, searcher->find_highlights(*query, shown.view.text));
  shown.highlights = ranges;
  return {};
}

Answer get_message(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(wanted, wanted_fields(request));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  ShownMessage shown;
  shown.id = message.id.hex();
  MAILKEEP_TRY(size, store::Contents(services.archive).size(message.id));
  MAILKEEP_TRY(view, view_of(services, message.id));
  shown.size = size;
  shown.view = std::move(view);
  shown.occurrences = std::move(message.sightings);
  MAILKEEP_CHECKED(mark_words(services, request, shown));
  MAILKEEP_CHECKED(record(services, caller, request, "view", message.id));
  return json_response(message_json(shown, [&, &names = wanted](std::string_view name) {
    return names.empty() || names.contains(name);
  }));
}

Answer list_parts(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(view, view_of(services, message.id));
  MAILKEEP_CHECKED(record(services, caller, request, "view-parts", message.id));
  return json_response(list_json(view.parts, view.parts.size(), std::nullopt, put_part));
}

Answer list_occurrences(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_CHECKED(record(services, caller, request, "view-occurrences", message.id));
  return json_response(
      list_json(message.sightings, message.sightings.size(), std::nullopt, put_occurrence));
}

// What a browser might take for a page or a script is handed out as bytes and nothing else.
std::string download_type(const std::string& type) {
  constexpr std::array<std::string_view, 6> kPlain = {"application/pdf", "application/zip",
                                                      "text/plain",      "text/csv",
                                                      "message/rfc822",  "image/png"};
  const bool is_plain = std::find(kPlain.begin(), kPlain.end(), type) != kPlain.end();
  return is_plain ? type : "application/octet-stream";
}

// Gives the viewer back, and the whole message, before the part goes on its way.
common::Result<message::DecodedPart> part_of(Services& services, const common::Digest& id,
                                             const std::string& number) {
  MAILKEEP_TRY(viewer, services.viewers.take(Deadline::in(kPatience)));
  MAILKEEP_TRY(raw, store::Contents(services.archive).get(id, kMaxPartSource));
  return viewer->part(raw, number);
}

Answer get_part(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(part, part_of(services, message.id, request.parameters[1]));
  MAILKEEP_CHECKED(
      record(services, caller, request, "download-part", message.id, request.parameters[1]));
  const auto bytes = std::make_shared<const std::string>(std::move(part.bytes));
  ImmutableBytes facts{common::Sha256::of(*bytes), bytes->size(),
                       download_type(part.part.content_type),
                       content_disposition("attachment", part.part.filename)};
  MAILKEEP_TRY(response,
               immutable_bytes(request, facts,
                               [bytes](std::uint64_t offset, std::uint64_t size, const Sink& sink) {
                                 return sink(std::string_view(*bytes).substr(offset, size));
                               }));
  response.stream_memory = bytes->size();
  return std::move(response);
}

Answer get_html(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(view, view_of(services, message.id));
  const auto body =
      std::find_if(view.html.begin(), view.html.end(),
                   [&](const message::HtmlBody& one) { return one.part == request.parameters[1]; });
  if (body == view.html.end()) return refuse("not-found", "the message has no such HTML part");
  MAILKEEP_CHECKED(record(services, caller, request, "view-html", message.id, body->part));
  Response response;
  response.body = std::string(kDocumentHead).append(body->html).append(kDocumentTail);
  set_header(response, "Content-Type", "text/html; charset=utf-8");
  set_header(response, "Content-Security-Policy", std::string(kFramePolicy));
  set_header(response, "X-Frame-Options", "SAMEORIGIN");
  set_header(response, "X-DNS-Prefetch-Control", "off");
  return response;
}

// Hands out a window of the bytes, all of which were proven right before the first of them leaves.
common::Status read_window(store::Archive& archive, const common::Digest& id, std::uint64_t offset,
                           std::uint64_t size, const Sink& sink) {
  std::uint64_t position = 0;
  const std::uint64_t end = offset + size;
  return store::Contents(archive).check_then_read(
      id, [&](std::string_view piece) -> common::Status {
        const std::uint64_t first = position;
        position += piece.size();
        if (position <= offset || first >= end) return {};
        const std::uint64_t from = offset > first ? offset - first : 0;
        return sink(piece.substr(from, std::min(end, position) - first - from));
      });
}

Answer get_raw(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::RawRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(size, store::Contents(services.archive).size(message.id));
  const common::Digest id = message.id;
  MAILKEEP_CHECKED(record(services, caller, request, "download-raw", id));
  ImmutableBytes facts{id, size, "message/rfc822",
                       content_disposition("attachment", id.hex() + ".eml")};
  return immutable_bytes(request, facts,
                         [&archive = services.archive, id](std::uint64_t offset,
                                                           std::uint64_t count, const Sink& sink) {
                           return read_window(archive, id, offset, count, sink);
                         });
}

// The nearest message of the conversation that this one answers.
std::optional<std::string> parent_of(const search::Hit& hit,
                                     const std::map<std::string, std::string>& by_message_id) {
  std::vector<std::string> named = hit.references;
  if (!hit.in_reply_to.empty()) named.push_back(hit.in_reply_to);
  for (auto name = named.rbegin(); name != named.rend(); ++name) {
    const auto found = by_message_id.find(*name);
    if (found != by_message_id.end() && found->second != hit.id) return found->second;
  }
  return std::nullopt;
}

std::string thread_json(const search::Thread& thread) {
  std::map<std::string, std::string> by_message_id;
  for (const search::Hit& hit : thread.messages)
    if (!hit.message_id.empty()) by_message_id.emplace(hit.message_id, hit.id);
  JsonWriter json;
  json.begin_object().field("id", thread.root).field("is_truncated", thread.is_truncated);
  json.key("messages").begin_array();
  for (const search::Hit& hit : thread.messages) {
    json.begin_object();
    put_summary(json, hit);
    json.field("message_id", hit.message_id)
        .field("in_reply_to", hit.in_reply_to)
        .field("parent", parent_of(hit, by_message_id))
        .end_object();
  }
  json.end_array().end_object();
  return json.take();
}

Answer get_thread(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(searcher, services.searchers.take(Deadline::in(kPatience)));
  search::ThreadOptions options;
  options.accounts = scope_of(caller);
  MAILKEEP_TRY(thread, searcher->thread_of(message.id.hex(), options));
  MAILKEEP_CHECKED(record(services, caller, request, "view-thread", message.id));
  return json_response(thread_json(thread));
}

}  // namespace

void add_message_routes(Router& router, Services& services) {
  const std::string one = "/api/v1/messages/{message}";
  add_route(router, services, Method::Get, one, get_message);
  add_route(router, services, Method::Get, one + "/raw", get_raw);
  add_route(router, services, Method::Get, one + "/parts", list_parts);
  add_route(router, services, Method::Get, one + "/parts/{part}", get_part);
  add_route(router, services, Method::Get, one + "/html/{part}", get_html);
  add_route(router, services, Method::Get, one + "/occurrences", list_occurrences);
  add_route(router, services, Method::Get, "/api/v1/threads/{message}", get_thread);
}

}  // namespace mailkeep::api
