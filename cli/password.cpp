// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/password.h"

#include <termios.h>
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <iterator>

#include "common/printable.h"

namespace mailkeep::cli {
namespace {

using common::ErrorKind;
using common::fail;

common::Result<std::string> checked(std::string password) {
  while (!password.empty() && (password.back() == '\n' || password.back() == '\r'))
    password.pop_back();
  if (password.empty()) return fail(ErrorKind::Usage, "the password is empty");
  if (password.find_first_of(std::string_view("\r\n\0", 3)) != std::string::npos)
    return fail(ErrorKind::Usage, "the password has more than one line or a NUL in it");
  return password;
}

std::string everything(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

common::Result<std::string> ask_on_terminal() {
  termios shown{};
  if (tcgetattr(STDIN_FILENO, &shown) != 0)
    return fail(ErrorKind::Usage,
                "give the password with --password-file FILE or --password-stdin");
  termios hidden = shown;
  hidden.c_lflag &= ~static_cast<tcflag_t>(ECHO);
  std::cerr << "Password: " << std::flush;
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
  std::string password;
  std::getline(std::cin, password);
  tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
  std::cerr << '\n';
  return checked(password);
}

}  // namespace

common::Result<std::string> read_password(const PasswordSource& source) {
  if (source.from_stdin) return checked(everything(std::cin));
  if (source.file.empty()) return ask_on_terminal();
  std::ifstream file(source.file, std::ios::binary);
  if (!file)
    return fail(ErrorKind::Config, "the password file {} cannot be read",
                common::printable(source.file));
  return checked(everything(file));
}

}  // namespace mailkeep::cli
