// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Cursors: where the next page begins, in a text that clients hand back and cannot change.

#include <string>
#include <string_view>
#include <vector>

#include "api/problem.h"

namespace mailkeep::api {

class CursorCodec {
 public:
  // 32 random bytes that outlive the process: a cursor stays good over a restart.
  explicit CursorCodec(std::string key);

  // `purpose` names the list and what it was asked for (its filter, its snapshot): a cursor of one
  // list is refused by another. Base64url, at most 4 KiB.
  std::string encode(std::string_view purpose, const std::vector<std::string>& fields) const;

  // Problem: bad-cursor (400), whatever is wrong with it.
  tl::expected<std::vector<std::string>, Problem> decode(std::string_view purpose,
                                                         std::string_view cursor) const;

 private:
  std::string key_;
};

}  // namespace mailkeep::api
