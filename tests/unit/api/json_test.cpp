// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/json.h"

#include <gtest/gtest.h>

#include <limits>

#include "api/fields.h"

namespace mailkeep::api {
namespace {

TEST(JsonWriter, WritesEachKindOfValue) {
  JsonWriter json;
  json.begin_object()
      .field("text", "a\"b\\c\n\x01")
      .field("flag", true)
      .field("small", -5)
      .field("size", std::size_t{7})
      .field("half", 0.5)
      .field("nothing", std::optional<int>())
      .field("something", std::optional<std::string>("x"))
      .field("list", std::vector<std::string>{"a", "b"})
      .key("inner")
      .begin_array()
      .begin_object()
      .end_object()
      .null()
      .end_array()
      .end_object();
  EXPECT_EQ(
      json.take(),
      "{\"text\":\"a\\\"b\\\\c\\n\\u0001\",\"flag\":true,\"small\":-5,\"size\":7,\"half\":0.5,"
      "\"nothing\":null,\"something\":\"x\",\"list\":[\"a\",\"b\"],\"inner\":[{},null]}");
}

TEST(JsonWriter, WritesNumbersThatJavaScriptWouldRoundAsTexts) {
  JsonWriter json;
  json.begin_array()
      .value(std::int64_t{1} << 53)
      .value((std::int64_t{1} << 53) + 1)
      .value(std::numeric_limits<std::int64_t>::min())
      .value(std::numeric_limits<std::uint64_t>::max())
      .value(std::numeric_limits<double>::infinity())
      .end_array();
  EXPECT_EQ(json.take(),
            "[9007199254740992,\"9007199254740993\",\"-9223372036854775808\","
            "\"18446744073709551615\",null]");
}

TEST(JsonWriter, ForcesTextsIntoUtf8AndKeepsMarkupOut) {
  EXPECT_EQ(JsonWriter().value("\xff<script>\xc3\xa4").take(), "\"\ufffd\\u003cscript>\u00e4\"");
}

TEST(JsonReader, ReadsWhatTheWriterWrites) {
  const auto value = parse_json(
      R"({"a": [1, -2, 2.5, true, null, "x\u00e4\n"], "big": 9007199254740993, "o": {}})");
  ASSERT_TRUE(value);
  const JsonValue::Array& items = *value->find("a")->array();
  ASSERT_EQ(items.size(), 6U);
  EXPECT_EQ(std::get<std::int64_t>(items[1].data), -2);
  EXPECT_EQ(std::get<double>(items[2].data), 2.5);
  EXPECT_EQ(*items[5].string(), "x\u00e4\n");
  EXPECT_EQ(std::get<std::int64_t>(value->find("big")->data), 9007199254740993);
  EXPECT_NE(value->find("o")->object(), nullptr);
}

TEST(JsonReader, RefusesWhatIsNotJson) {
  for (const char* bad : {"",
                          " ",
                          "{",
                          "}",
                          "[1,]",
                          "{\"a\":1,}",
                          "{a:1}",
                          "{'a':1}",
                          "[1] 2",
                          "{} {}",
                          "nul",
                          "tru",
                          "01",
                          "+1",
                          "1.",
                          ".5",
                          "1e",
                          "0x1",
                          "NaN",
                          "Infinity",
                          "\"\\x\"",
                          "\"\\u12\"",
                          "\"a",
                          "\"\\ud800\"",
                          "\"\\udc00x\"",
                          "[1 2]",
                          "// c\n1",
                          "/* c */ 1",
                          "\"a\nb\"",
                          "\"\t\"",
                          "\xff",
                          "\"\xff\"",
                          "\"\xed\xa0\x80\"",
                          "\"\\u0000\"",
                          "1e999",
                          "123456789012345678901"}) {
    const auto value = parse_json(bad);
    EXPECT_FALSE(value) << bad;
    if (!value) {
      EXPECT_EQ(value.error().code, "bad-json") << bad;
    }
  }
  EXPECT_FALSE(parse_json(std::string_view("{}\0{", 4)));
  EXPECT_FALSE(parse_json(std::string_view("{}\0", 3)));
}

TEST(JsonReader, RefusesNamesThatStandTwice) {
  EXPECT_FALSE(parse_json(R"({"a": 1, "a": 2})"));
  EXPECT_FALSE(parse_json(R"({"a": 1, "\u0061": 2})"));
  EXPECT_FALSE(parse_json(R"({"x": [{"a": 1, "b": {}, "a": null}]})"));
  EXPECT_TRUE(parse_json(R"({"a": {"a": 1}, "b": {"a": 2}})"));
}

TEST(JsonReader, RefusesDepth) {
  const auto nested = [](std::size_t depth, const char* open, const char* close) {
    std::string text;
    for (std::size_t i = 0; i < depth; ++i) text += open;
    for (std::size_t i = 0; i < depth; ++i) text += close;
    return text;
  };
  EXPECT_TRUE(parse_json(nested(32, "[", "]")));
  EXPECT_FALSE(parse_json(nested(33, "[", "]")));
  EXPECT_FALSE(parse_json(nested(100'000, "[", "]")));
  EXPECT_FALSE(parse_json(nested(100'000, "{\"a\":", "")));
  EXPECT_FALSE(parse_json(std::string(1'000'000, '[')));
}

TEST(JsonReader, RefusesMoreValuesThanMemoryIsGoodFor) {
  std::string text = "[0";
  for (int i = 0; i < 99'998; ++i) text += ",0";
  EXPECT_TRUE(parse_json(text + "]"));
  EXPECT_FALSE(parse_json(text + ",0,0]"));
}

TEST(JsonBody, WantsItsMediaType) {
  Request request;
  request.body = "{}";
  EXPECT_EQ(parse_body(request).error().status, 415);
  request.headers.add("Content-Type", "Application/JSON ; charset=utf-8");
  EXPECT_TRUE(parse_body(request));
  Request form;
  form.body = "{}";
  form.headers.add("Content-Type", "text/plain");
  EXPECT_EQ(parse_body(form).error().status, 415);
}

TEST(Fields, ListsEverythingThatIsWrong) {
  const auto body = parse_json(
      R"({"name": 5, "port": 70000, "tags": ["a", 1], "surplus": 1, "inner": {"x": "y", "z": 1}})");
  Fields fields(*body);
  fields.required_string("name");
  fields.optional_integer("port", 1, 65535);
  fields.optional_strings("tags");
  fields.required_string("missing");
  Fields inner(*fields.optional_object("inner"), "inner.");
  inner.optional_bool("x");
  fields.adopt(inner);
  const auto done = fields.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().status, 422);
  std::vector<std::string> wrong;
  for (const FieldError& error : done.error().errors) wrong.push_back(error.field);
  EXPECT_EQ(wrong, (std::vector<std::string>{"name", "port", "tags[1]", "missing", "inner.x",
                                             "inner.z", "surplus"}));
}

TEST(Fields, GivesWhatIsRight) {
  const auto body =
      parse_json(R"({"name": "anna", "port": 993, "on": false, "tags": ["a"], "none": null})");
  Fields fields(*body);
  EXPECT_EQ(fields.required_string("name"), "anna");
  EXPECT_EQ(fields.required_integer("port", 1, 65535), 993);
  EXPECT_EQ(fields.optional_bool("on"), false);
  EXPECT_EQ(fields.required_strings("tags"), std::vector<std::string>{"a"});
  EXPECT_EQ(fields.optional_string("none"), std::nullopt);
  EXPECT_EQ(fields.optional_string("absent"), std::nullopt);
  EXPECT_TRUE(fields.finish());
}

TEST(Fields, RefusesTextsThatAreTooLongAndBodiesThatAreNoObjects) {
  const auto body = parse_json(R"({"name": "abcdef"})");
  Fields fields(*body);
  fields.required_string("name", 5);
  EXPECT_FALSE(fields.finish());
  const auto list = parse_json("[]");
  Fields none(*list);
  none.required_string("name");
  const auto done = none.finish();
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().errors.size(), 1U);
}

}  // namespace
}  // namespace mailkeep::api
