// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Files that were pasted into a text body with uuencode(1). Private to message/.

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::message {

struct UuFile {
  std::string name;
  std::string bytes;
};

// Cuts every complete "begin 644 name" ... "end" out of the text and decodes it.
std::vector<UuFile> extract_uuencoded(std::string& text);

}  // namespace mailkeep::message
