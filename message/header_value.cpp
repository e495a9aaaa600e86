// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/header_value.h"

#include "message/charset.h"
#include "message/encoded_words.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  return decode_text(bytes, charset).text;
}

std::string_view raw_value(GMimeHeader* header) {
  const char* value = header == nullptr ? nullptr : g_mime_header_get_raw_value(header);
  return value == nullptr ? "" : value;
}

// The last of that name, as GMime takes it for everything else that may stand only once.
GMimeHeader* find_header(GMimeObject* object, const char* name) {
  GMimeHeaderList* headers = g_mime_object_get_header_list(object);
  for (int i = g_mime_header_list_get_count(headers) - 1; i >= 0; --i) {
    GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
    if (equals_ignoring_case(g_mime_header_get_name(header), name)) return header;
  }
  return nullptr;
}

}  // namespace

std::string decoded_value(std::string_view value) { return decode_words(value, to_utf8); }

std::string decoded_header(GMimeObject* object, const char* name) {
  return decoded_value(raw_value(find_header(object, name)));
}

std::string joined_header(GMimeObject* object, const char* name) {
  return joined_value(find_header(object, name));
}

std::string joined_value(GMimeHeader* header) { return join_words(raw_value(header), to_utf8); }

}  // namespace mailkeep::message
