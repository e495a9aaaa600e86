// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/sasl.h"

#include "common/encoding.h"

namespace mailkeep::net {

using common::ErrorKind;

common::Result<Secret> sasl_plain(const Credentials& credentials) {
  const std::string_view password = credentials.password.reveal();
  if (credentials.user.find('\0') != std::string::npos || password.find('\0') != password.npos) {
    return common::fail(ErrorKind::Config, "user name and password must not hold a NUL byte");
  }
  std::string message;
  message.reserve(credentials.user.size() + password.size() + 2);  // no copy is left behind
  message.push_back('\0');
  message += credentials.user;
  message.push_back('\0');
  message += password;
  Secret encoded(common::to_base64(message));
  zero(message);
  return encoded;
}

Secret sasl_login_user(const Credentials& credentials) {
  return Secret(common::to_base64(credentials.user));
}

Secret sasl_login_password(const Credentials& credentials) {
  return Secret(common::to_base64(credentials.password.reveal()));
}

bool reveals_password(std::string_view text, const Credentials& credentials) {
  const std::string_view password = credentials.password.reveal();
  if (password.empty()) return false;
  const Secret encoded = sasl_login_password(credentials);
  const auto plain = sasl_plain(credentials);
  return text.find(password) != text.npos || text.find(encoded.reveal()) != text.npos ||
         (plain && text.find(plain->reveal()) != text.npos);
}

bool fits_in_a_line(std::string_view value) {
  return value.find_first_of(std::string_view("\0\r\n", 3)) == std::string_view::npos;
}

}  // namespace mailkeep::net
