// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/router.h"

#include <algorithm>
#include <map>
#include <optional>
#include <string_view>
#include <vector>

#include "common/check.h"

namespace mailkeep::api {

namespace {

struct Entry {
  std::string pattern;
  Handler handler;
  RouteOptions options;
};

std::vector<std::string> split(std::string_view pattern) {
  MAILKEEP_CHECK(pattern.starts_with('/'));
  std::vector<std::string> parts;
  pattern.remove_prefix(1);
  while (!pattern.empty()) {
    const auto end = std::min(pattern.find('/'), pattern.size());
    parts.emplace_back(pattern.substr(0, end));
    MAILKEEP_CHECK(!parts.back().empty());
    pattern.remove_prefix(std::min(end + 1, pattern.size()));
  }
  return parts;
}

bool is_placeholder(std::string_view part) { return part.starts_with('{') && part.ends_with('}'); }

}  // namespace

struct Router::Node {
  std::map<std::string, Node, std::less<>> literals;
  std::unique_ptr<Node> placeholder;
  std::map<Method, Entry> entries;

  // The node for the path's rest, with what stands for placeholders. A literal goes first; if it
  // leads nowhere, the placeholder is tried. The depth is that of the longest pattern.
  const Node* find(const std::vector<std::string>& segments, std::size_t at,
                   std::vector<std::string>& parameters) const {
    if (at == segments.size()) return entries.empty() ? nullptr : this;
    if (const auto literal = literals.find(segments[at]); literal != literals.end()) {
      if (const Node* found = literal->second.find(segments, at + 1, parameters)) return found;
    }
    if (placeholder == nullptr || segments[at].empty()) return nullptr;
    parameters.push_back(segments[at]);
    if (const Node* found = placeholder->find(segments, at + 1, parameters)) return found;
    parameters.pop_back();
    return nullptr;
  }

  const Entry* entry(Method method) const {
    const auto found = entries.find(method);
    if (found != entries.end()) return &found->second;
    return method == Method::Head ? entry(Method::Get) : nullptr;
  }

  std::string allow() const {
    std::string list = "OPTIONS";
    for (const auto& [method, entry] : entries) {
      list += fmt::format(", {}", name_of(method));
      if (method == Method::Get && !entries.contains(Method::Head)) list += ", HEAD";
    }
    return list;
  }

  void collect(std::vector<Route>& routes) const {
    for (const auto& [method, entry] : entries) routes.push_back({method, entry.pattern});
    for (const auto& [name, node] : literals) node.collect(routes);
    if (placeholder != nullptr) placeholder->collect(routes);
  }
};

namespace {

constexpr const char* kEveryMethod = "OPTIONS, GET, HEAD, POST, PUT, PATCH, DELETE";

Response allowed(std::string methods) {
  Response response = empty_response(204);
  add_header(response, "Allow", std::move(methods));
  return response;
}

tl::unexpected<Problem> method_not_allowed(const std::string& allow) {
  Problem problem =
      make_problem("method-not-allowed", fmt::format("this address takes only {}", allow));
  problem.headers.emplace_back("Allow", allow);
  return tl::unexpected(std::move(problem));
}

}  // namespace

Router::Router() : root_(std::make_unique<Node>()) {}
Router::~Router() = default;
Router::Router(Router&&) noexcept = default;
Router& Router::operator=(Router&&) noexcept = default;

void Router::add(Method method, const std::string& pattern, Handler handler, RouteOptions options) {
  Node* node = root_.get();
  for (const std::string& part : split(pattern)) {
    if (is_placeholder(part)) {
      if (node->placeholder == nullptr) node->placeholder = std::make_unique<Node>();
      node = node->placeholder.get();
    } else {
      node = &node->literals[part];
    }
  }
  const bool is_new =
      node->entries.try_emplace(method, Entry{pattern, std::move(handler), options}).second;
  MAILKEEP_CHECK(is_new);
}

Answer Router::handle(Request& request) const {
  if (request.path == "*") return allowed(kEveryMethod);
  std::vector<std::string> parameters;
  const Node* node = root_->find(request.segments, 0, parameters);
  if (node == nullptr) return refuse("not-found", "there is no such address; check the path");
  if (const Entry* entry = node->entry(request.method)) {
    request.route = entry->pattern;
    request.parameters = std::move(parameters);
    return entry->handler(request);
  }
  if (request.method == Method::Options) return allowed(node->allow());
  return method_not_allowed(node->allow());
}

tl::expected<std::uint64_t, Problem> Router::max_body(const Request& head) const {
  if (head.path == "*") return 0;
  std::vector<std::string> parameters;
  const Node* node = root_->find(head.segments, 0, parameters);
  if (node == nullptr) return refuse("not-found", "there is no such address; check the path");
  if (const Entry* entry = node->entry(head.method)) return entry->options.max_body;
  if (head.method == Method::Options) return 0;
  return method_not_allowed(node->allow());
}

std::vector<Route> Router::routes() const {
  std::vector<Route> routes;
  root_->collect(routes);
  std::ranges::sort(routes, [](const Route& a, const Route& b) {
    return std::tie(a.pattern, a.method) < std::tie(b.pattern, b.method);
  });
  return routes;
}

Application make_application(std::shared_ptr<const Router> router) {
  return {[router](const Request& head) { return router->max_body(head); },
          [router](Request& request) { return router->handle(request); }};
}

}  // namespace mailkeep::api
