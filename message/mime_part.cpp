// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/mime_part.h"

#include <algorithm>
#include <iterator>

#include "message/header_value.h"
#include "message/text_tools.h"

namespace mailkeep::message {

std::string join_number(const std::string& number, int child) {
  return number.empty() ? std::to_string(child) : number + "." + std::to_string(child);
}

std::string type_of(GMimeObject* object) {
  GMimeContentType* type = g_mime_object_get_content_type(object);
  if (type == nullptr) return "text/plain";
  const OwnedText name(g_mime_content_type_get_mime_type(type));
  return name ? one_line(lower_ascii(name.get())) : "application/octet-stream";
}

std::string parameter_of(GMimeObject* object, const char* name) {
  const char* value = g_mime_object_get_content_type_parameter(object, name);
  return value == nullptr ? "" : one_line(value);
}

std::string filename_of(GMimeObject* object) {
  const Owned<GMimeContentDisposition> disposition(g_mime_content_disposition_parse(
      nullptr, joined_header(object, "Content-Disposition").c_str()));
  const char* name = g_mime_content_disposition_get_parameter(disposition.get(), "filename");
  if (name != nullptr) return one_line(name);
  const Owned<GMimeContentType> type(
      g_mime_content_type_parse(nullptr, joined_header(object, "Content-Type").c_str()));
  name = g_mime_content_type_get_parameter(type.get(), "name");
  return name == nullptr ? "" : one_line(name);
}

bool is_marked_attachment(GMimeObject* object) {
  const char* disposition = g_mime_object_get_disposition(object);
  return disposition != nullptr && equals_ignoring_case(disposition, "attachment");
}

// Parts that are text whatever their top-level type says (RFC 3464, RFC 8098, RFC 5965, RFC 3462).
bool is_text(std::string_view type) {
  if (type == "text/rtf") return false;
  if (type.starts_with("text/")) return true;
  constexpr std::string_view kTexts[] = {
      "message/delivery-status",
      "message/global-delivery-status",
      "message/disposition-notification",
      "message/feedback-report",
      "message/global-headers",
      "application/json",
      "application/xml",
      "application/ics",
      "application/x-csv",
      "application/csv",
  };
  return std::find(std::begin(kTexts), std::end(kTexts), type) != std::end(kTexts);
}

bool is_html(std::string_view type) {
  return type == "text/html" || type == "application/xhtml+xml" || type == "text/x-html";
}

// RFC 1341 §7.1.3, RFC 1896: a few tags in angle brackets.
bool is_enriched(std::string_view type) {
  return type == "text/enriched" || type == "text/richtext";
}

bool is_signature(std::string_view type) {
  return type == "application/pgp-signature" || type == "application/pkcs7-signature" ||
         type == "application/x-pkcs7-signature";
}

bool is_smime(std::string_view type) {
  return type == "application/pkcs7-mime" || type == "application/x-pkcs7-mime";
}

std::string decoded_bytes(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return {};
  const Owned<GMimeStream> stream(g_mime_stream_mem_new());
  g_mime_data_wrapper_write_to_stream(content, stream.get());
  auto* memory = cast_if<GMimeStreamMem>(stream.get(), g_mime_stream_mem_get_type());
  const GByteArray* bytes = g_mime_stream_mem_get_byte_array(memory);
  return {reinterpret_cast<const char*>(bytes->data), bytes->len};
}

std::size_t decoded_size(GMimePart* part) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return 0;
  const Owned<GMimeStream> stream(g_mime_stream_null_new());
  const ssize_t size = g_mime_data_wrapper_write_to_stream(content, stream.get());
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

}  // namespace mailkeep::message
