// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Problem: a refusal as RFC 9457 describes it (application/problem+json).
//
// Codes are stable and come from one table, which also makes the page at /api/v1/problems/<code>,
// the `type` of each problem. Details are one sentence that says what to do.

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <vector>

#include "api/request.h"
#include "api/response.h"
#include "common/error.h"

namespace mailkeep::api {

struct ProblemKind {
  std::string_view code;  // kebab-case
  int status;
  std::string_view title;
  std::string_view explanation;  // a paragraph for the documentation page
};

std::span<const ProblemKind> problem_kinds();
const ProblemKind* find_problem_kind(std::string_view code);

struct FieldError {
  std::string field;
  std::string detail;
};

struct Problem {
  Problem() = default;
  // Not explicit, so that MAILKEEP_TRY works in a handler. What only the operator may read (a
  // database's address, a path) goes into `internal`.
  Problem(const common::Error& error);  // NOLINT(google-explicit-constructor)

  int status = 500;
  std::string code = "internal-error";
  std::string title;
  std::string detail;
  std::vector<FieldError> errors;
  std::optional<std::uint64_t> position;  // of the fault in a query, in bytes
  std::optional<std::uint64_t> length;
  std::string word;
  std::vector<std::pair<std::string, std::string>> headers;  // Retry-After, WWW-Authenticate
  std::string internal;                                      // for the log, never sent
};

using Answer = tl::expected<Response, Problem>;
using Handler = std::function<Answer(const Request&)>;
using Permission = tl::expected<void, Problem>;

// `code` must be in the table: anything else is our own mistake and ends the process.
Problem make_problem(std::string_view code, std::string detail);

template <class... Args>
[[nodiscard]] tl::unexpected<Problem> refuse(std::string_view code,
                                             fmt::format_string<Args...> format, Args&&... args) {
  return tl::unexpected<Problem>(
      make_problem(code, fmt::format(format, std::forward<Args>(args)...)));
}

// Status, headers and body; `instance` is the request's id.
Response problem_response(const Problem& problem, std::string_view request_id);

}  // namespace mailkeep::api
