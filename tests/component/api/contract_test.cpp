// SPDX-License-Identifier: GPL-3.0-or-later
// Every route that there is stands in the contract, and the other way round.
#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>

#include "tests/component/api/api_fixture.h"

namespace mailkeep::api {
namespace {

class ContractTest : public ApiTest {};
MAILKEEP_BOTH_ENGINES(ContractTest);

std::string without_names(const std::string& pattern) {
  std::string plain;
  bool is_inside = false;
  for (const char c : pattern) {
    if (c == '{') plain += "{}";
    is_inside = c == '{' || (is_inside && c != '}');
    if (!is_inside && c != '}') plain += c;
  }
  return plain;
}

std::set<std::string> documented() {
  std::ifstream file(MAILKEEP_SOURCE_DIR "/api/openapi.json");
  std::stringstream text;
  text << file.rdbuf();
  const auto document = parse_json(text.str());
  EXPECT_TRUE(document);
  std::set<std::string> operations;
  for (const JsonMember& path : *document->find("paths")->object())
    for (const JsonMember& operation : *path.value.object()) {
      std::string method = operation.name;
      std::transform(method.begin(), method.end(), method.begin(),
                     [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
      operations.insert(method + " " + without_names(path.name));
    }
  return operations;
}

TEST_P(ContractTest, NamesEveryRouteAndNoOther) {
  std::set<std::string> routes;
  for (const Route& route : application_->router().routes())
    if (route.pattern != "/" && !route.pattern.starts_with("/assets/"))
      routes.insert(fmt::format("{} {}", name_of(route.method), without_names(route.pattern)));
  EXPECT_GT(routes.size(), 50U);
  EXPECT_EQ(routes, documented());
}

}  // namespace
}  // namespace mailkeep::api
