// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/health.h"

#include "api/json.h"

namespace mailkeep::api {

namespace {

// Our own texts: of the characters that HTML gives a meaning to, only these stand in them.
std::string html_escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '&') {
      out += "&amp;";
    } else {
      out += c;
    }
  }
  return out;
}

Response page(const std::string& title, const std::string& content) {
  Response response;
  response.body = fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\">\n<head><meta "
      "charset=\"utf-8\"><title>{0}</title></head>\n"
      "<body>\n<h1>{0}</h1>\n{1}</body>\n</html>\n",
      html_escaped(title), content);
  set_header(response, "Content-Type", "text/html; charset=utf-8");
  set_header(response, "Cache-Control", "public, max-age=3600");
  return response;
}

Answer list_problems(const Request&) {
  std::string items;
  for (const ProblemKind& kind : problem_kinds()) {
    items += fmt::format("<li><a href=\"/api/v1/problems/{0}\">{0}</a> ({1}): {2}</li>\n",
                         kind.code, kind.status, html_escaped(kind.title));
  }
  return page("Problems", "<ul>\n" + items + "</ul>\n");
}

Answer show_problem(const Request& request) {
  const ProblemKind* kind = find_problem_kind(request.parameters[0]);
  if (kind == nullptr) return refuse("not-found", "there is no problem of this code");
  return page(std::string(kind->title),
              fmt::format("<p>Code <code>{}</code>, status {}.</p>\n<p>{}</p>\n", kind->code,
                          kind->status, html_escaped(kind->explanation)));
}

}  // namespace

void add_health(Router& router) {
  router.add(Method::Get, "/healthz",
             [](const Request&) -> Answer { return text_response("ok\n"); });
}

void add_problem_pages(Router& router) {
  router.add(Method::Get, "/api/v1/problems", list_problems);
  router.add(Method::Get, "/api/v1/problems/{code}", show_problem);
}

}  // namespace mailkeep::api
