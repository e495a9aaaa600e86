// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/problem.h"

#include "api/json.h"
#include "common/check.h"

namespace mailkeep::api {

using common::ErrorKind;

namespace {

struct Translation {
  std::string_view code;
  bool is_for_client = true;  // whether the error's own text may be shown
  int retry_after = 0;        // seconds
};

Translation translate(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Cancelled:
      return {"stopping", true, 5};
    case ErrorKind::Timeout:
      return {"timed-out", true, 5};
    case ErrorKind::Network:
    case ErrorKind::Tls:
    case ErrorKind::Auth:
    case ErrorKind::Protocol:
      return {"mail-server-failed", false};
    case ErrorKind::Throttled:
      return {"unavailable", false, 30};
    case ErrorKind::Database:
    case ErrorKind::Index:
      return {"unavailable", false, 5};
    case ErrorKind::Busy:
      return {"unavailable", true, 2};
    case ErrorKind::Limit:
      return {"limit-exceeded"};
    case ErrorKind::Malformed:
    case ErrorKind::Usage:
      return {"bad-request"};
    case ErrorKind::Disk:
      return {"disk-full", false};
    case ErrorKind::Corrupt:
      return {"corrupt-content", false};
    case ErrorKind::NotFound:
      return {"not-found"};
    case ErrorKind::Conflict:
      return {"conflict"};
    case ErrorKind::NotBuilt:
      return {"not-implemented"};
    case ErrorKind::Config:
      break;
  }
  return {"internal-error", false};
}

// The explanation of the kind is a detail that fits always.
std::string general_detail(std::string_view code) {
  return std::string(find_problem_kind(code)->explanation);
}

}  // namespace

Problem make_problem(std::string_view code, std::string detail) {
  const ProblemKind* kind = find_problem_kind(code);
  MAILKEEP_CHECK(kind != nullptr);
  Problem problem;
  problem.status = kind->status;
  problem.code = kind->code;
  problem.title = kind->title;
  problem.detail = std::move(detail);
  return problem;
}

Problem::Problem(const common::Error& error) {
  const Translation to = translate(error.kind);
  *this = make_problem(to.code, to.is_for_client ? error.text : general_detail(to.code));
  internal = fmt::format("{}: {}", common::name_of(error.kind), error.text);
  if (to.retry_after > 0) headers.emplace_back("Retry-After", std::to_string(to.retry_after));
}

void put_query_fault(JsonWriter& json, const search::QueryFault& fault) {
  json.begin_object()
      .field("word", fault.word)
      .field("position", fault.position)
      .field("length", fault.length)
      .field("reason", fault.reason)
      .end_object();
}

Response problem_response(const Problem& problem, std::string_view request_id) {
  JsonWriter json;
  json.begin_object()
      .field("type", "/api/v1/problems/" + problem.code)
      .field("title", problem.title)
      .field("status", problem.status)
      .field("code", problem.code)
      .field("detail", problem.detail)
      .field("instance", request_id);
  if (problem.query_fault) put_query_fault(json.key("query_fault"), *problem.query_fault);
  if (!problem.errors.empty()) {
    json.key("errors").begin_array();
    for (const FieldError& error : problem.errors) {
      json.begin_object().field("field", error.field).field("detail", error.detail).end_object();
    }
    json.end_array();
  }
  json.end_object();
  Response response = json_response(json.take(), problem.status);
  response.headers = problem.headers;
  set_header(response, "Content-Type", "application/problem+json");
  return response;
}

}  // namespace mailkeep::api
