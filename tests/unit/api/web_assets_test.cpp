// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/web_assets.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <regex>
#include <set>

namespace mailkeep::api {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(MAILKEEP_SOURCE_DIR) / "api" / "web";

std::string read(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

std::string route_of(const std::string& name) {
  return name == "index.html" ? "/" : "/assets/" + name;
}

Answer ask(const std::string& path, const std::string& known = {}) {
  Router router;
  add_web_routes(router);
  Request request;
  request.path = path;
  if (path.starts_with("/assets/")) request.segments = {"assets", path.substr(8)};
  if (!known.empty()) request.headers.add("If-None-Match", known);
  return router.handle(request);
}

std::string header_of(const Response& response, std::string_view name) {
  const std::string* value = find_header(response, name);
  return value == nullptr ? std::string() : *value;
}

std::set<std::string> words_of(const std::string& text, const std::regex& pattern) {
  std::set<std::string> found;
  for (std::sregex_iterator at(text.begin(), text.end(), pattern), end; at != end; ++at)
    found.insert((*at)[1]);
  return found;
}

TEST(WebAssets, AreServedByteForByteUnderAStrictPolicy) {
  std::size_t served = 0;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    const Answer answer = ask(route_of(entry.path().filename()));
    ASSERT_TRUE(answer) << entry.path();
    EXPECT_EQ(answer->body, read(entry.path())) << entry.path();
    EXPECT_EQ(header_of(*answer, "Cache-Control"), "no-cache");
    const std::string policy = header_of(*answer, "Content-Security-Policy");
    EXPECT_EQ(policy.find("unsafe"), std::string::npos);
    EXPECT_TRUE(policy.starts_with("default-src 'none'; script-src 'self';"));
    ++served;
  }
  EXPECT_GT(served, 30U);
}

TEST(WebAssets, HaveTheTypeOfTheirEnding) {
  EXPECT_EQ(header_of(*ask("/"), "Content-Type"), "text/html; charset=utf-8");
  EXPECT_EQ(header_of(*ask("/assets/main.js"), "Content-Type"), "text/javascript; charset=utf-8");
  EXPECT_EQ(header_of(*ask("/assets/style.css"), "Content-Type"), "text/css; charset=utf-8");
  EXPECT_EQ(header_of(*ask("/assets/favicon.svg"), "Content-Type"), "image/svg+xml");
}

TEST(WebAssets, AreNotSentTwiceToOneWhoHasThem) {
  const std::string etag = header_of(*ask("/assets/main.js"), "ETag");

  const Answer again = ask("/assets/main.js", etag);

  ASSERT_TRUE(again);
  EXPECT_EQ(again->status, 304);
  EXPECT_EQ(again->body, "");
  EXPECT_EQ(header_of(*again, "Cache-Control"), "no-cache");
  EXPECT_EQ(ask("/assets/main.js", "\"sha256-other\"")->status, 200);
}

TEST(WebAssets, AbsentOnesAreNotFound) {
  EXPECT_EQ(ask("/assets/none.js").error().status, 404);
  EXPECT_EQ(ask("/assets/index.html").error().status, 404);
}

TEST(WebAssets, NameOnlyWhatIsThere) {
  const std::string shell = read(kFolder / "index.html");
  for (const std::string& name : words_of(shell, std::regex("\"/assets/([^\"]+)\"")))
    EXPECT_TRUE(ask("/assets/" + name)) << name;
  for (const auto& entry : std::filesystem::directory_iterator(kFolder)) {
    if (entry.path().extension() != ".js") continue;
    const std::string text = read(entry.path());
    for (const std::string& name : words_of(text, std::regex("from \"\\./([^\"]+)\"")))
      EXPECT_TRUE(ask("/assets/" + name)) << entry.path() << " imports " << name;
  }
}

TEST(WebAssets, NeverTurnTextIntoMarkupOrScript) {
  const std::regex sinks(
      "(innerHTML|outerHTML|insertAdjacentHTML|document\\.write|\\beval\\b|new Function|srcdoc)");
  for (const auto& entry : std::filesystem::directory_iterator(kFolder))
    EXPECT_EQ(words_of(read(entry.path()), sinks), std::set<std::string>()) << entry.path();
  const std::string shell = read(kFolder / "index.html");
  EXPECT_EQ(words_of(shell, std::regex("(<style|style=| on[a-z]+=|<script>)")),
            std::set<std::string>());
}

}  // namespace
}  // namespace mailkeep::api
