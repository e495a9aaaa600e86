// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/body_walk.h"

#include <utility>

#include "message/charset.h"
#include "message/envelope.h"
#include "message/html_text.h"
#include "message/mime_part.h"
#include "message/text_tools.h"
#include "message/uuencode.h"

namespace mailkeep::message {
namespace {

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
          {join_number(place.number, i + 1), false, place.depth + 1});
    if (is_alternative) sink_.end_alternative(first);
    if (parts_ > limits_.parts) return;
  }
}

void BodyWalk::visit_message(GMimeMessagePart* part, const Place& place) {
  auto* object = reinterpret_cast<GMimeObject*>(part);
  const std::string number = place.is_top ? join_number(place.number, 1) : place.number;
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
  const std::string number = place.is_top ? join_number(place.number, 1) : place.number;
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
  sink_.add(clean_text(html_to_text(html, html_time_, was_simplified)));
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
