// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What one MIME part says of itself, and its decoded bytes. Private to message/.

#include <cstddef>
#include <string>
#include <string_view>

#include "message/gobject.h"

namespace mailkeep::message {

std::string join_number(const std::string& number, int child);

std::string type_of(GMimeObject* object);  // "text/plain", lower case
std::string parameter_of(GMimeObject* object, const char* name);
std::string filename_of(GMimeObject* object);
bool is_marked_attachment(GMimeObject* object);

bool is_text(std::string_view type);
bool is_html(std::string_view type);
bool is_enriched(std::string_view type);
bool is_signature(std::string_view type);
bool is_smime(std::string_view type);

std::string decoded_bytes(GMimePart* part);
std::size_t decoded_size(GMimePart* part);

}  // namespace mailkeep::message
