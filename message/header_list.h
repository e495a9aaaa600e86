// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The header fields of a mail as they stand in it. Private to message/.

#include <string>
#include <string_view>
#include <vector>

#include "message/view.h"

namespace mailkeep::message {

// block: up to the empty line (RFC 5322 §2.1). What is odd or over a limit is noted.
std::vector<Header> list_headers(std::string_view block, std::vector<std::string>& notes);

}  // namespace mailkeep::message
