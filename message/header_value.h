// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Header values as they came, their encoded words read by us rather than by GMime, which loses
// text between them. Empty where there is no such header. Private to message/.

#include <string>
#include <string_view>

#include "message/gobject.h"

namespace mailkeep::message {

std::string decoded_header(GMimeObject* object, const char* name);  // text
std::string joined_header(GMimeObject* object, const char* name);   // to be parsed by GMime
std::string joined_value(GMimeHeader* header);
// What stands in a value where the grammar has no encoded words, so that GMime leaves them.
std::string decoded_value(std::string_view value);

}  // namespace mailkeep::message
