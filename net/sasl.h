// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SASL: what a client says to prove who it is, the same for every mail protocol.

#include <string>
#include <string_view>

#include "common/result.h"
#include "net/secret.h"

namespace mailkeep::net {

struct Credentials {
  std::string user;
  Secret password;
};

// PLAIN (RFC 4616) in base64, ready for the line. Config if user or password holds a NUL, which the
// mechanism cannot carry.
common::Result<Secret> sasl_plain(const Credentials& credentials);

// LOGIN (no RFC; draft-murchison-sasl-login): the two answers in base64.
Secret sasl_login_user(const Credentials& credentials);
Secret sasl_login_password(const Credentials& credentials);

// Whether a text that the server sent repeats the password, plain or in base64: it is not shown
// then.
bool reveals_password(std::string_view text, const Credentials& credentials);

// Whether the value can stand in a line of its own: no NUL, CR or LF, which would begin a new
// command.
bool fits_in_a_line(std::string_view value);

}  // namespace mailkeep::net
