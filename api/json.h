// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// JSON (RFC 8259): a writer for our answers, a strict reader for request bodies, and a checker
// that lists every field that is wrong.

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>
#include <variant>
#include <vector>

#include "api/problem.h"
#include "api/request.h"

namespace mailkeep::api {

// Append-only. Strings are forced to valid UTF-8; whole numbers beyond 2^53, which JavaScript
// would round, become strings; "<" is written \u003c, so that the text may stand in a page.
class JsonWriter {
 public:
  JsonWriter& begin_object() { return open('{'); }
  JsonWriter& end_object() { return close('}'); }
  JsonWriter& begin_array() { return open('['); }
  JsonWriter& end_array() { return close(']'); }
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view text);
  JsonWriter& value(const char* text) { return value(std::string_view(text)); }
  JsonWriter& value(const std::string& text) { return value(std::string_view(text)); }
  JsonWriter& value(std::same_as<bool> auto flag) { return put(flag ? "true" : "false"); }
  JsonWriter& value(std::signed_integral auto number) { return put_signed(number); }
  JsonWriter& value(std::unsigned_integral auto number) requires(
      !std::same_as<decltype(number), bool>) {
    return put_unsigned(number);
  }
  JsonWriter& value(double number);  // null where not finite
  template <class T>
  JsonWriter& value(const std::optional<T>& maybe) {
    return maybe ? value(*maybe) : null();
  }
  template <class T>
  JsonWriter& value(const std::vector<T>& items) {
    begin_array();
    for (const auto& item : items) value(item);
    return end_array();
  }
  JsonWriter& null() { return put("null"); }
  JsonWriter& raw(std::string_view json) { return put(json); }  // JSON that we wrote ourselves

  template <class T>
  JsonWriter& field(std::string_view name, const T& given) {
    return key(name).value(given);
  }

  std::string take();  // what is still open is our own mistake and ends the process

 private:
  JsonWriter& open(char bracket);
  JsonWriter& close(char bracket);
  JsonWriter& put(std::string_view json);
  JsonWriter& put_signed(std::int64_t number);
  JsonWriter& put_unsigned(std::uint64_t number);
  void separate();

  std::string out_;
  std::string open_;  // the brackets that are open
  bool needs_comma_ = false;
};

struct JsonMember;

struct JsonValue {
  using Array = std::vector<JsonValue>;
  using Object = std::vector<JsonMember>;
  std::variant<std::nullptr_t, bool, std::int64_t, double, std::string, Array, Object> data;

  const JsonValue* find(std::string_view name) const;  // null where absent or not an object
  const Object* object() const { return std::get_if<Object>(&data); }
  const Array* array() const { return std::get_if<Array>(&data); }
  const std::string* string() const { return std::get_if<std::string>(&data); }
};

struct JsonMember {
  std::string name;
  JsonValue value;
};

// At most 32 levels, 100,000 values and no name twice; strings are valid UTF-8 without NUL.
// Problem: bad-json.
tl::expected<JsonValue, Problem> parse_json(std::string_view text);

// The body of a request that says it is application/json. Problems: unsupported-media-type,
// bad-json.
tl::expected<JsonValue, Problem> parse_body(const Request& request);

}  // namespace mailkeep::api
