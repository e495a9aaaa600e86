// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ApiTest: the handlers over a real archive on both engines, asked without a network in between.

#include <string>
#include <vector>

#include "api/application.h"
#include "api/auth.h"
#include "api/json.h"
#include "store/accounts.h"
#include "store/jobs.h"
#include "store/tokens.h"
#include "store/users.h"
#include "tests/component/store/store_fixture.h"

namespace mailkeep::api {

using store::AccountId;
using store::Role;

inline constexpr std::string_view kPassword = "correct horse battery";

struct Asked {
  Method method = Method::Get;
  std::string target;
  std::string token;
  std::string body{};
  std::vector<std::pair<std::string, std::string>> headers{};
  std::string peer = "192.0.2.1";
};

// An answer as a client sees it: a problem is a response too.
struct Reply {
  int status = 0;
  std::string code;  // of a problem
  std::string detail;
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;

  std::string header(std::string_view name) const;
  JsonValue json() const;
  std::string text(std::string_view name) const;  // of a member of the object
};

class ApiTest : public store::StoreTest {
 protected:
  void SetUp() override;
  void TearDown() override;

  Reply ask(const Asked& asked);
  Reply get(const std::string& target, const std::string& token) {
    return ask({Method::Get, target, token});
  }

  AccountId add_account(const std::string& name);
  store::User add_user(const std::string& name, Role role, const std::vector<AccountId>& = {});
  // A token of the user with these scopes; none: all of the role.
  std::string token_for(const store::User& user, std::vector<std::string> scopes = {},
                        std::optional<std::vector<AccountId>> accounts = {});

  std::unique_ptr<ApiApplication> application_;
};

}  // namespace mailkeep::api
