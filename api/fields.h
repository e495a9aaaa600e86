// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Fields: takes named members out of a JSON object and remembers everything that is wrong with it,
// so that one answer lists each field.
//
//   Fields fields(body);
//   const std::string name = fields.required_string("name");
//   const auto port = fields.optional_integer("port", 1, 65535);
//   MAILKEEP_CHECKED(fields.finish());   // unknown members are wrong too
//
// Until finish() has said yes, the values are placeholders where something is wrong. A member that
// is null counts as absent. One thread.

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/json.h"
#include "api/problem.h"

namespace mailkeep::api {

class Fields {
 public:
  static constexpr std::size_t kMaxBytes = 4096;  // of a text, unless told otherwise
  static constexpr std::size_t kMaxItems = 1000;

  // `body` must outlive this. `prefix` names the place of a nested object: "server."
  explicit Fields(const JsonValue& body, std::string prefix = {});

  std::string required_string(std::string_view name, std::size_t max_bytes = kMaxBytes);
  std::optional<std::string> optional_string(std::string_view name,
                                             std::size_t max_bytes = kMaxBytes);
  std::int64_t required_integer(std::string_view name, std::int64_t min, std::int64_t max);
  std::optional<std::int64_t> optional_integer(std::string_view name, std::int64_t min,
                                               std::int64_t max);
  std::optional<bool> optional_bool(std::string_view name);
  std::vector<std::string> required_strings(std::string_view name,
                                            std::size_t max_items = kMaxItems);
  std::optional<std::vector<std::string>> optional_strings(std::string_view name,
                                                           std::size_t max_items = kMaxItems);
  // For nested values; null where absent or of another shape (which is remembered).
  const JsonValue* optional_object(std::string_view name);
  const JsonValue::Array* optional_array(std::string_view name, std::size_t max_items = kMaxItems);

  bool has(std::string_view name) const;                     // present, be it null
  void complain(std::string_view name, std::string detail);  // the caller's own rule is broken
  void adopt(Fields& nested);  // what is wrong in a nested object is wrong in this one

  Permission finish();  // Problem: invalid-fields (422)

 private:
  const JsonValue* take(std::string_view name);
  const JsonValue* take_required(std::string_view name);
  void find_unknown();
  std::optional<std::string> text(std::string_view name, const JsonValue& value,
                                  std::size_t max_bytes);
  std::optional<std::int64_t> integer(std::string_view name, const JsonValue& value,
                                      std::int64_t min, std::int64_t max);
  std::optional<std::vector<std::string>> texts(std::string_view name, const JsonValue& value,
                                                std::size_t max_items);

  const JsonValue& body_;
  std::string prefix_;
  std::vector<std::string> known_;
  std::vector<FieldError> errors_;
};

}  // namespace mailkeep::api
