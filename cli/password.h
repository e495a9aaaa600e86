// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Where a password comes from: a file, standard input, or a question on the terminal. Never the
// command line, which every user of the machine can read.

#include <optional>
#include <string>

#include "common/result.h"

namespace mailkeep::cli {

struct PasswordSource {
  std::string file;
  bool from_stdin = false;
};

// One line; a line end at its end is not part of it. Errors: Usage, Config (file cannot be read).
common::Result<std::string> read_password(const PasswordSource& source);

}  // namespace mailkeep::cli
