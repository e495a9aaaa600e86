// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/component/api/api_fixture.h"

#include "api/target_internal.h"

namespace mailkeep::api {

std::string Reply::header(std::string_view name) const {
  for (const auto& [known, value] : headers)
    if (equal_ignoring_case(known, name)) return value;
  return {};
}

JsonValue Reply::json() const {
  auto parsed = parse_json(body);
  if (!parsed) ADD_FAILURE() << "not JSON: " << body;
  return parsed ? *parsed : JsonValue{};
}

std::string Reply::text(std::string_view name) const {
  const JsonValue value = json();
  const JsonValue* member = value.find(name);
  return member != nullptr && member->string() != nullptr ? *member->string() : std::string();
}

void ApiTest::SetUp() {
  StoreTest::SetUp();
  auto opened = ApiApplication::open(archive(), {archive().data_dir() / "index", false, {}});
  ASSERT_TRUE(opened) << opened.error().text;
  application_ = std::move(*opened);
}

void ApiTest::TearDown() {
  application_.reset();
  StoreTest::TearDown();
}

Reply ApiTest::ask(const Asked& asked) {
  auto target = parse_target(asked.target, asked.method);
  EXPECT_TRUE(target) << asked.target;
  Request request;
  request.method = asked.method;
  request.path = target->path;
  request.segments = target->segments;
  request.query = target->query;
  request.peer = asked.peer;
  request.id = "request-1";
  request.body = asked.body;
  request.headers.add("Host", "mail.example.org:8080");
  if (!asked.body.empty()) request.headers.add("Content-Type", "application/json");
  if (!asked.token.empty()) request.headers.add("Authorization", "Bearer " + asked.token);
  for (const auto& [name, value] : asked.headers) request.headers.add(name, value);
  const Answer answer = application_->router().handle(request);
  if (answer) return {answer->status, {}, {}, answer->body, answer->headers};
  const Problem& problem = answer.error();
  return {problem.status, problem.code, problem.detail, {}, problem.headers};
}

AccountId ApiTest::add_account(const std::string& name) {
  store::AccountSettings settings;
  settings.name = name;
  settings.host = "mail.example.org";
  settings.port = 993;
  settings.user = name;
  const auto account = store::Accounts(archive()).add(settings, "secret of " + name);
  EXPECT_TRUE(account);
  return account->id;
}

store::User ApiTest::add_user(const std::string& name, Role role,
                              const std::vector<AccountId>& accounts) {
  const auto user = store::Users(archive()).add(name, role, accounts, "", "test");
  EXPECT_TRUE(user) << user.error().text;
  return *user;
}

std::string ApiTest::token_for(const store::User& user, std::vector<std::string> scopes,
                               std::optional<std::vector<AccountId>> accounts) {
  store::NewToken wanted;
  wanted.scopes = scopes.empty() ? names_of(scopes_of(user.role)) : std::move(scopes);
  wanted.accounts = std::move(accounts);
  wanted.expires = clock_.time + 3'600'000'000;
  const auto made = store::Tokens(archive()).create(user.id, wanted, "test");
  EXPECT_TRUE(made) << made.error().text;
  return made->secret;
}

}  // namespace mailkeep::api
