// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/fields.h"

#include <algorithm>

#include "common/printable.h"

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxErrors = 50;  // more would help nobody

bool is_null(const JsonValue& value) { return std::holds_alternative<std::nullptr_t>(value.data); }

}  // namespace

Fields::Fields(const JsonValue& body, std::string prefix)
    : body_(body), prefix_(std::move(prefix)) {
  if (body.object() == nullptr) complain("", "must be an object");
}

void Fields::complain(std::string_view name, std::string detail) {
  if (errors_.size() < kMaxErrors) {
    errors_.push_back({prefix_ + std::string(name), std::move(detail)});
  }
}

bool Fields::has(std::string_view name) const { return body_.find(name) != nullptr; }

const JsonValue* Fields::take(std::string_view name) {
  known_.emplace_back(name);
  const JsonValue* value = body_.find(name);
  return value == nullptr || is_null(*value) ? nullptr : value;
}

const JsonValue* Fields::take_required(std::string_view name) {
  const JsonValue* value = take(name);
  if (value == nullptr && body_.object() != nullptr) complain(name, "is missing");
  return value;
}

std::optional<std::string> Fields::text(std::string_view name, const JsonValue& value,
                                        std::size_t max_bytes) {
  const std::string* found = value.string();
  if (found == nullptr) {
    complain(name, "must be a text");
  } else if (found->size() > max_bytes) {
    complain(name, fmt::format("may have {} bytes at most", max_bytes));
  } else {
    return *found;
  }
  return std::nullopt;
}

std::string Fields::required_string(std::string_view name, std::size_t max_bytes) {
  const JsonValue* value = take_required(name);
  if (value == nullptr) return {};
  auto found = text(name, *value, max_bytes);
  if (found && found->empty()) complain(name, "must not be empty");
  return std::move(found).value_or("");
}

std::optional<std::string> Fields::optional_string(std::string_view name, std::size_t max_bytes) {
  const JsonValue* value = take(name);
  return value == nullptr ? std::nullopt : text(name, *value, max_bytes);
}

std::optional<std::int64_t> Fields::integer(std::string_view name, const JsonValue& value,
                                            std::int64_t min, std::int64_t max) {
  const auto* found = std::get_if<std::int64_t>(&value.data);
  if (found != nullptr && *found >= min && *found <= max) return *found;
  complain(name, fmt::format("must be a whole number from {} to {}", min, max));
  return std::nullopt;
}

std::int64_t Fields::required_integer(std::string_view name, std::int64_t min, std::int64_t max) {
  const JsonValue* value = take_required(name);
  return value == nullptr ? min : integer(name, *value, min, max).value_or(min);
}

std::optional<std::int64_t> Fields::optional_integer(std::string_view name, std::int64_t min,
                                                     std::int64_t max) {
  const JsonValue* value = take(name);
  return value == nullptr ? std::nullopt : integer(name, *value, min, max);
}

std::optional<bool> Fields::optional_bool(std::string_view name) {
  const JsonValue* value = take(name);
  if (value == nullptr) return std::nullopt;
  if (const bool* found = std::get_if<bool>(&value->data)) return *found;
  complain(name, "must be true or false");
  return std::nullopt;
}

std::optional<std::vector<std::string>> Fields::texts(std::string_view name, const JsonValue& value,
                                                      std::size_t max_items) {
  const JsonValue::Array* items = value.array();
  if (items == nullptr || items->size() > max_items) {
    complain(name, fmt::format("must be a list of at most {} texts", max_items));
    return std::nullopt;
  }
  std::vector<std::string> found;
  for (std::size_t i = 0; i < items->size(); ++i) {
    if (auto item = text(fmt::format("{}[{}]", name, i), (*items)[i], kMaxBytes)) {
      found.push_back(std::move(*item));
    }
  }
  return found;
}

std::vector<std::string> Fields::required_strings(std::string_view name, std::size_t max_items) {
  const JsonValue* value = take_required(name);
  if (value == nullptr) return {};
  auto found = texts(name, *value, max_items);
  if (found && found->empty()) complain(name, "must not be empty");
  return std::move(found).value_or(std::vector<std::string>{});
}

std::optional<std::vector<std::string>> Fields::optional_strings(std::string_view name,
                                                                 std::size_t max_items) {
  const JsonValue* value = take(name);
  return value == nullptr ? std::nullopt : texts(name, *value, max_items);
}

const JsonValue* Fields::optional_object(std::string_view name) {
  const JsonValue* value = take(name);
  if (value == nullptr || value->object() != nullptr) return value;
  complain(name, "must be an object");
  return nullptr;
}

const JsonValue::Array* Fields::optional_array(std::string_view name, std::size_t max_items) {
  const JsonValue* value = take(name);
  if (value == nullptr) return nullptr;
  const JsonValue::Array* items = value->array();
  if (items != nullptr && items->size() <= max_items) return items;
  complain(name, fmt::format("must be a list of at most {} items", max_items));
  return nullptr;
}

void Fields::adopt(Fields& nested) {
  nested.find_unknown();
  for (FieldError& error : nested.errors_) {
    if (errors_.size() < kMaxErrors) errors_.push_back(std::move(error));
  }
  nested.errors_.clear();
}

void Fields::find_unknown() {
  if (body_.object() == nullptr) return;
  for (const JsonMember& member : *body_.object()) {
    if (std::ranges::find(known_, member.name) == known_.end()) {
      complain(common::printable(std::string_view(member.name).substr(0, 100)),
               "is not known here");
    }
  }
}

Permission Fields::finish() {
  find_unknown();
  if (errors_.empty()) return {};
  std::string detail = "correct these fields and send the request again:";
  for (std::size_t i = 0; i < errors_.size(); ++i) {
    detail +=
        fmt::format("{} {} {}", i == 0 ? "" : ";",
                    errors_[i].field.empty() ? "the body" : errors_[i].field, errors_[i].detail);
  }
  Problem problem = make_problem("invalid-fields", std::move(detail));
  problem.errors = std::move(errors_);
  return tl::unexpected(std::move(problem));
}

}  // namespace mailkeep::api
