// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/body_walk.h"

#include <algorithm>
#include <utility>

#include "message/charset.h"
#include "message/envelope.h"
#include "message/header_value.h"
#include "message/html_text.h"
#include "message/text_tools.h"
#include "message/uuencode.h"

namespace mailkeep::message {
namespace {

std::string join(const std::string& number, int child) {
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

std::size_t written_size(GMimeMessage* message) {
  const Owned<GMimeStream> stream(g_mime_stream_null_new());
  const ssize_t size =
      g_mime_object_write_to_stream(reinterpret_cast<GMimeObject*>(message), nullptr, stream.get());
  return size < 0 ? 0 : static_cast<std::size_t>(size);
}

void note_charset(CharsetFinding finding, const std::string& charset, ParsedMessage& out) {
  switch (finding) {
    case CharsetFinding::Fine:
      return;
    case CharsetFinding::Unknown:
      note(out.oddities, "charset-unknown:" + std::string(cut_utf8(charset, 40)));
      return;
    case CharsetFinding::Mislabelled:
      note(out.oddities, "charset-mislabelled:" + std::string(cut_utf8(charset, 40)));
      return;
    case CharsetFinding::Broken:
      note(out.oddities, "charset-broken:" + std::string(cut_utf8(charset, 40)));
      return;
  }
}

}  // namespace

void BodyWalk::run(GMimeMessage* message) {
  if (GMimeObject* body = g_mime_message_get_mime_part(message)) visit(body, {"", true, 0});
  if (sink_.is_over()) note(out_.unsearchable, "over-text-limit");
  out_.text = sink_.take();
}

void BodyWalk::visit(GMimeObject* object, const Place& place) {
  if (place.depth >= limits_.depth) return note(out_.unsearchable, "over-depth-limit");
  if (++parts_ > limits_.parts) return note(out_.unsearchable, "over-part-limit");
  if (auto* multipart = cast_if<GMimeMultipart>(object, g_mime_multipart_get_type()))
    return visit_multipart(multipart, place);
  if (auto* message = cast_if<GMimeMessagePart>(object, g_mime_message_part_get_type()))
    return visit_message(message, place);
  if (auto* part = cast_if<GMimePart>(object, g_mime_part_get_type())) visit_leaf(part, place);
}

void BodyWalk::visit_multipart(GMimeMultipart* multipart, const Place& place) {
  const std::string type = type_of(reinterpret_cast<GMimeObject*>(multipart));
  // RFC 1847 §2.2.
  if (type == "multipart/encrypted") note(out_.unsearchable, "encrypted");
  const bool is_alternative = type == "multipart/alternative";
  const std::size_t first = sink_.begin_alternatives();
  const int count = g_mime_multipart_get_count(multipart);
  for (int i = 0; i < count; ++i) {
    sink_.begin_alternative();
    visit(g_mime_multipart_get_part(multipart, i),
          {join(place.number, i + 1), false, place.depth + 1});
    if (is_alternative) sink_.end_alternative(first);
    if (parts_ > limits_.parts) return;
  }
}

void BodyWalk::visit_message(GMimeMessagePart* part, const Place& place) {
  auto* object = reinterpret_cast<GMimeObject*>(part);
  const std::string number = place.is_top ? join(place.number, 1) : place.number;
  GMimeMessage* message = g_mime_message_part_get_message(part);
  add_attachment(object, type_of(object), number, message == nullptr ? 0 : written_size(message));
  if (message != nullptr) visit_inside(message, number, place.depth);
}

void BodyWalk::visit_inside(GMimeMessage* message, const std::string& number, std::size_t depth) {
  sink_.add(clean_text(envelope_text(message, limits_.recipients)));
  if (GMimeObject* body = g_mime_message_get_mime_part(message))
    visit(body, {number, true, depth + 1});
}

// RFC 2046 §5.2.1 forbids encoding a message; some programs do it all the same.
void BodyWalk::visit_encoded_message(GMimePart* part, const std::string& number,
                                     std::size_t depth) {
  note(out_.oddities, "message-encoded");
  const Owned<GMimeMessage> message = read_message(decoded_bytes(part), nullptr);
  if (message) return visit_inside(message.get(), number, depth);
  note(out_.unsearchable, "attachment-type:message/rfc822");
}

void BodyWalk::visit_leaf(GMimePart* part, const Place& place) {
  auto* object = reinterpret_cast<GMimeObject*>(part);
  const std::string type = type_of(object);
  const std::string number = place.is_top ? join(place.number, 1) : place.number;
  if (is_text(type) || is_html(type)) {
    if (is_marked_attachment(object) || !filename_of(object).empty())
      add_attachment(object, type, number, decoded_size(part));
    return add_text_part(part, type, number);
  }
  add_attachment(object, type, number, decoded_size(part));
  if (type == "message/rfc822") return visit_encoded_message(part, number, place.depth);
  if (is_smime(type)) {
    // RFC 8551 §3.2: without the parameter it may well be enveloped.
    const std::string smime_type = lower_ascii(parameter_of(object, "smime-type"));
    if (smime_type.empty() || smime_type.find("enveloped") != std::string::npos)
      return note(out_.unsearchable, "encrypted");
  }
  if (!is_signature(type) && type != "application/pgp-encrypted")
    note(out_.unsearchable, "attachment-type:" + std::string(cut_utf8(type, 80)));
}

void BodyWalk::add_text_part(GMimePart* part, const std::string& type, const std::string& number) {
  if (is_enriched(type)) return sink_.add(clean_text(strip_tags(decoded_text(part, true))));
  if (!is_html(type)) return add_plain_text(decoded_text(part, false), number);
  bool was_simplified = false;
  const std::string html = decoded_text(part, true);
  sink_.add(clean_text(html_to_text(html, was_simplified)));
  if (was_simplified) note(out_.oddities, "html-simplified");
}

void BodyWalk::add_plain_text(std::string text, const std::string& number) {
  // RFC 9580 §6.2: a message encrypted inside an ordinary text body.
  if (text.find("-----BEGIN PGP MESSAGE-----") != std::string::npos)
    note(out_.unsearchable, "encrypted");
  for (const UuFile& file : extract_uuencoded(text)) {
    const std::string name = one_line(file.name);
    out_.attachments.push_back({number, name, "application/octet-stream", file.bytes.size()});
    if (lower_ascii(name).ends_with(".txt"))
      sink_.add(clean_text(decode_text(file.bytes, "").text));
    else
      note(out_.unsearchable, "attachment-type:application/octet-stream");
  }
  sink_.add(clean_text(text));
}

void BodyWalk::add_attachment(GMimeObject* part, const std::string& type, const std::string& number,
                              std::size_t size) {
  out_.attachments.push_back({number, filename_of(part), type, size});
}

std::string BodyWalk::decoded_text(GMimePart* part, bool html) {
  std::string bytes = decoded_bytes(part);
  // No charset makes more than one character of one byte, so what lies behind the room is not
  // needed; markup is about as long as its text again.
  const std::size_t wanted = sink_.room() * (html ? 4 : 2) + 4096;
  if (bytes.size() > wanted) {
    bytes.resize(wanted);
    note(out_.unsearchable, "over-text-limit");
  }
  std::string charset = parameter_of(reinterpret_cast<GMimeObject*>(part), "charset");
  if (charset.empty() && html) charset = charset_of_html(bytes);
  DecodedText decoded = decode_text(bytes, charset);
  note_charset(decoded.finding, charset, out_);
  return std::move(decoded.text);
}

}  // namespace mailkeep::message
