// SPDX-License-Identifier: GPL-3.0-or-later
#include <Poco/Exception.h>
#include <Poco/JSON/Handler.h>
#include <Poco/JSON/Parser.h>

#include <algorithm>
#include <cmath>
#include <unordered_set>

#include "api/json.h"
#include "common/check.h"
#include "common/printable.h"

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxDepth = 32;
// A value takes some 50 bytes of memory and can take two of text: without a limit 32 MiB of zeros
// would be a gigabyte.
constexpr std::size_t kMaxValues = 100'000;

// How our rules leave Poco's parser; caught in parse_json.
struct Refused {
  std::string detail;
};

// Builds a JsonValue from the parser's events and adds the rules that Poco does not have.
class Builder final : public Poco::JSON::Handler {
 public:
  void reset() override {}
  void startObject() override { open(JsonValue::Object{}); }
  void endObject() override { close(); }
  void startArray() override { open(JsonValue::Array{}); }
  void endArray() override { close(); }

  void key(const std::string& name) override {
    check_text(name);
    if (!levels_.back().names.insert(name).second) {
      throw Refused{fmt::format("the name {} stands twice in one object",
                                common::printable(std::string_view(name).substr(0, 100)))};
    }
    levels_.back().key = name;
  }

  void null() override { put({nullptr}); }
  void value(int number) override { put({std::int64_t{number}}); }
  void value(unsigned number) override { put({std::int64_t{number}}); }
  void value(Poco::Int64 number) override { put({std::int64_t{number}}); }
  void value(Poco::UInt64) override { throw Refused{"a number is too large"}; }
  void value(const std::string& text) override {
    check_text(text);
    put({text});
  }
  void value(double number) override {
    if (!std::isfinite(number)) throw Refused{"a number is too large"};
    put({number});
  }
  void value(bool flag) override { put({flag}); }

  JsonValue take() { return std::move(root_); }

 private:
  struct Level {
    JsonValue value;
    std::string key;
    std::unordered_set<std::string> names;
  };

  static void check_text(const std::string& text) {
    if (!common::is_valid_utf8(text) || text.find('\0') != std::string::npos) {
      throw Refused{"a text holds NUL or half a character"};
    }
  }

  template <class Container>
  void open(Container container) {
    if (levels_.size() == kMaxDepth) {
      throw Refused{fmt::format("it is nested deeper than {} levels", kMaxDepth)};
    }
    levels_.push_back({{std::move(container)}, {}, {}});
  }

  void close() {
    JsonValue done = std::move(levels_.back().value);
    levels_.pop_back();
    put(std::move(done));
  }

  void put(JsonValue value) {
    if (++values_ > kMaxValues) {
      throw Refused{fmt::format("it holds more than {} values", kMaxValues)};
    }
    if (levels_.empty()) {
      root_ = std::move(value);
      return;
    }
    Level& level = levels_.back();
    if (auto* array = std::get_if<JsonValue::Array>(&level.value.data)) {
      array->push_back(std::move(value));
    } else {
      std::get<JsonValue::Object>(level.value.data).push_back({level.key, std::move(value)});
    }
  }

  std::vector<Level> levels_;
  std::size_t values_ = 0;
  JsonValue root_;
};

tl::expected<JsonValue, Problem> parse_text(const std::string& text) {
  // Poco's parser would take the text up to a NUL for all of it.
  if (text.find('\0') != std::string::npos || !common::is_valid_utf8(text)) {
    return refuse("bad-json", "the body is not UTF-8, or holds a NUL byte");
  }
  Poco::SharedPtr<Builder> builder(new Builder);
  try {
    Poco::JSON::Parser parser(builder);
    parser.parse(text);
  } catch (const Refused& refused) {
    return refuse("bad-json", "the body is refused: {}", refused.detail);
  } catch (const Poco::Exception& fault) {
    return refuse("bad-json", "the body is not JSON: {}", common::printable(fault.message()));
  }
  return builder->take();
}

}  // namespace

const JsonValue* JsonValue::find(std::string_view name) const {
  const Object* members = object();
  if (members == nullptr) return nullptr;
  const auto found = std::ranges::find(*members, name, &JsonMember::name);
  return found == members->end() ? nullptr : &found->value;
}

tl::expected<JsonValue, Problem> parse_json(std::string_view text) {
  return parse_text(std::string(text));
}

tl::expected<JsonValue, Problem> parse_body(const Request& request) {
  const std::string* type = request.headers.find("content-type");
  std::string_view essence = type == nullptr ? std::string_view{} : *type;
  essence = essence.substr(0, essence.find(';'));
  while (!essence.empty() && essence.back() == ' ') essence.remove_suffix(1);
  if (!equal_ignoring_case(essence, "application/json")) {
    return refuse("unsupported-media-type",
                  "send the body as JSON, with the header Content-Type: application/json");
  }
  return parse_text(request.body);
}

}  // namespace mailkeep::api
