// SPDX-License-Identifier: GPL-3.0-or-later
// GET /messages/{id}/proof and /checkpoints: what somebody needs who trusts neither us nor the
// database.

#include "store/proofs.h"
#include "api/auth.h"
#include "api/cursor.h"
#include "api/handlers/common_json.h"
#include "api/handlers/handlers.h"
#include "api/handlers/visible.h"
#include "api/json.h"
#include "api/paging.h"
#include "common/encoding.h"
#include "store/checkpoints.h"
#include "store/journal.h"
#include "store/outbox.h"

namespace mailkeep::api {
namespace {

constexpr std::string_view kInstructions =
    "For each proof: SHA-256 of the raw bytes is `id`. HMAC-SHA-256(salt, id's 32 bytes) and "
    "HMAC-SHA-256(salt, fact) are the two commitments in `entry` (docs/formats.md). "
    "SHA-256(0x00, entry) is `leaf_hash`. `path` leads from it to the root of the first "
    "`tree_size` "
    "entries (RFC 6962, 2.1.1), which is the root in the checkpoint's third line, signed with "
    "`public_key`. A proof whose `tree_size` is 0 lies behind the newest checkpoint: ask again "
    "after the next one.";

tl::expected<Caller, Problem> require_reader(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.authenticate(request));
  if (!caller.has(Scope::AuditRead)) MAILKEEP_CHECKED(require_scope(caller, Scope::MessagesRead));
  return std::move(caller);
}

void put_checkpoint(JsonWriter& json, const store::Checkpoint& checkpoint) {
  json.begin_object().field("size", checkpoint.size);
  json.field("time", common::rfc3339(checkpoint.time)).field("note", checkpoint.note).end_object();
}

void put_path(JsonWriter& json, const std::vector<common::Digest>& path) {
  json.key("path").begin_array();
  for (const common::Digest& hash : path) json.value(hash.hex());
  json.end_array();
}

common::Status put_proof(JsonWriter& json, store::Proofs& proofs, store::LogPosition position,
                         std::uint64_t signed_size) {
  MAILKEEP_TRY(entry, proofs.entry(position));
  const bool is_covered = static_cast<std::uint64_t>(store::number(position)) < signed_size;
  std::vector<common::Digest> path;
  if (is_covered) {
    MAILKEEP_TRY(found, proofs.inclusion_proof(position, signed_size));
    path = std::move(found);
  }
  json.begin_object()
      .field("position", store::number(position))
      .field("kind", entry.kind)
      .field("entry", common::to_base64(entry.bytes))
      .field("salt", common::to_base64(entry.salt))
      .field("fact", common::to_base64(entry.fact))
      .field("leaf_hash", entry.leaf_hash.hex())
      .field("tree_size", is_covered ? signed_size : 0);
  put_path(json, path);
  json.end_object();
  return {};
}

// Where it was seen, and where it was sent, as far as the caller may know.
common::Result<std::vector<store::LogPosition>> positions_of(Services& services,
                                                             const Caller& caller,
                                                             const VisibleMessage& message) {
  std::vector<store::LogPosition> positions;
  for (const store::Sighting& sighting : message.sightings) positions.push_back(sighting.position);
  store::OutboxFilter sent;
  sent.content = message.id;
  MAILKEEP_TRY(items, store::Outbox(services.archive).list(sent));
  for (const store::OutboxItem& item : items)
    if (caller.may_see(item.account)) positions.push_back(item.position);
  return positions;
}

Answer get_proof(Services& services, const Request& request) {
  MAILKEEP_TRY(caller, services.auth.require(request, Scope::MessagesRead));
  MAILKEEP_TRY(message, find_visible(services, caller, request.parameters[0]));
  MAILKEEP_TRY(positions, positions_of(services, caller, message));
  MAILKEEP_TRY(checkpoint, store::latest_checkpoint(services.archive));
  JsonWriter json;
  json.begin_object().field("id", message.id.hex()).key("checkpoint");
  checkpoint ? put_checkpoint(json, *checkpoint) : static_cast<void>(json.null());
  json.field("public_key", store::public_key_line(services.archive));
  json.field("instructions", kInstructions).key("proofs").begin_array();
  for (const store::LogPosition position : positions)
    MAILKEEP_CHECKED(put_proof(json, services.proofs, position, checkpoint ? checkpoint->size : 0));
  json.end_array().end_object();
  MAILKEEP_CHECKED(
      services.access.record(caller, request, {.action = "proof", .object = message.id.hex()}));
  return json_response(json.take());
}

Answer list_checkpoints(Services& services, const Request& request) {
  MAILKEEP_CHECKED(require_reader(services, request));
  MAILKEEP_TRY(limit, limit_of(request));
  constexpr std::string_view kPurpose = "checkpoints";
  MAILKEEP_TRY(position, position_in_cursor(services, request, kPurpose));
  std::optional<std::uint64_t> before;
  if (position) before = static_cast<std::uint64_t>(*position);
  MAILKEEP_TRY(total, store::count_checkpoints(services.archive));
  MAILKEEP_TRY(found, store::list_checkpoints(services.archive, before, limit + 1));
  std::optional<std::string> next;
  if (found.size() > limit) {
    found.pop_back();
    next = services.cursors.encode(kPurpose, {std::to_string(found.back().size)});
  }
  return json_response(list_json(found, total, next, put_checkpoint));
}

Answer get_latest(Services& services, const Request& request) {
  MAILKEEP_CHECKED(require_reader(services, request));
  MAILKEEP_TRY(checkpoint, store::latest_checkpoint(services.archive));
  if (!checkpoint) return refuse("not-found", "nothing was signed yet: `mailkeep checkpoint`");
  return text_response(checkpoint->note);
}

Answer get_consistency(Services& services, const Request& request) {
  MAILKEEP_CHECKED(require_reader(services, request));
  MAILKEEP_TRY(from, required_number(request, "from"));
  MAILKEEP_TRY(to, required_number(request, "to"));
  if (from > to) return refuse("bad-parameter", "from is the smaller of the two sizes");
  MAILKEEP_TRY(path, services.proofs.consistency_proof(from, to));
  MAILKEEP_TRY(from_root, services.proofs.root(from));
  MAILKEEP_TRY(to_root, services.proofs.root(to));
  JsonWriter json;
  json.begin_object().field("from", from).field("to", to);
  json.field("from_root", from_root.hex()).field("to_root", to_root.hex());
  put_path(json, path);
  json.end_object();
  return json_response(json.take());
}

}  // namespace

void add_proof_routes(Router& router, Services& services) {
  add_route(router, services, Method::Get, "/api/v1/messages/{message}/proof", get_proof);
  add_route(router, services, Method::Get, "/api/v1/checkpoints", list_checkpoints);
  add_route(router, services, Method::Get, "/api/v1/checkpoints/latest", get_latest);
  add_route(router, services, Method::Get, "/api/v1/checkpoints/consistency", get_consistency);
}

}  // namespace mailkeep::api
