// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// PostgresUrl: a store's address taken apart so far that no password can get into a text. Pure.

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::store {

struct PostgresUrl {
  std::string connection;            // what libpq is given: the address, our deadlines first
  std::string shown;                 // the address without password and options
  std::vector<std::string> secrets;  // the password as written and as decoded

  static bool is_one(std::string_view url);
  static PostgresUrl from(std::string_view url);

  // The text with each secret in it struck out.
  std::string without_secrets(std::string text) const;
};

}  // namespace mailkeep::store
