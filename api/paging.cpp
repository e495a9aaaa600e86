// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/paging.h"

#include <charconv>
#include <optional>

namespace mailkeep::api {
namespace {

std::optional<std::uint64_t> whole_number(const std::string& text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

tl::expected<std::uint64_t, Problem> limit_of(const Request& request) {
  const auto text = query_value(request, "limit");
  if (!text) return kDefaultLimit;
  const auto number = whole_number(*text);
  if (!number || *number == 0 || *number > kMaxLimit)
    return refuse("bad-parameter", "limit takes a whole number from 1 to {}", kMaxLimit);
  return *number;
}

tl::expected<bool, Problem> flag_of(const Request& request, std::string_view name) {
  const std::string text = query_value(request, name).value_or("false");
  if (text == "true") return true;
  if (text == "false") return false;
  return refuse("bad-parameter", "{} takes true or false", name);
}

tl::expected<std::string, Problem> required_parameter(const Request& request, std::string_view name,
                                                      std::size_t max_bytes) {
  auto text = query_value(request, name);
  if (!text) return refuse("bad-parameter", "the parameter {} is missing", name);
  if (text->size() > max_bytes)
    return refuse("bad-parameter", "{} takes at most {} bytes", name, max_bytes);
  return std::move(*text);
}

tl::expected<std::uint64_t, Problem> required_number(const Request& request,
                                                     std::string_view name) {
  const auto text = query_value(request, name);
  const auto number = text ? whole_number(*text) : std::nullopt;
  if (!number) return refuse("bad-parameter", "{} takes a whole number", name);
  return *number;
}

}  // namespace mailkeep::api
