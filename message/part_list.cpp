// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/part_list.h"

#include <algorithm>
#include <utility>

#include "message/envelope.h"
#include "message/mime_part.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

std::string disposition_of(GMimeObject* object) {
  const char* disposition = g_mime_object_get_disposition(object);
  return disposition == nullptr ? "" : one_line(lower_ascii(disposition));
}

std::string content_id_of(GMimeObject* object) {
  const char* id = g_mime_object_get_content_id(object);
  if (id == nullptr) return {};
  std::string text = one_line(id);
  if (text.size() >= 2 && text.front() == '<' && text.back() == '>')
    text = text.substr(1, text.size() - 2);
  return text;
}

// Text that carries no file name is read where it stands (RFC 2183 §2.1), all else is a file.
bool is_attachment(const Part& part, FoundPart::Kind kind) {
  if (kind == FoundPart::Kind::Multipart) return false;
  if (kind == FoundPart::Kind::Message || part.disposition == "attachment") return true;
  if (!is_text(part.content_type) && !is_html(part.content_type)) return true;
  return !part.filename.empty() && part.disposition != "inline";
}

struct Extent {
  std::int64_t begin;
  std::int64_t end;
};

// Where the encoded content of a part lies; nothing if GMime keeps it elsewhere.
std::optional<Extent> extent_of(GMimePart* part, const Source& source) {
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  if (content == nullptr) return std::nullopt;
  GMimeStream* stream = g_mime_data_wrapper_get_stream(content);
  if (cast_if<GMimeStreamMem>(stream, g_mime_stream_mem_get_type()) == nullptr) return std::nullopt;
  const std::int64_t end = stream->bound_end < 0 ? source.seen : stream->bound_end;
  if (stream->bound_start < 0 || end < stream->bound_start || end > source.seen)
    return std::nullopt;
  return Extent{stream->bound_start, end};
}

// RFC 2045 §6: in pieces, so that memory does not grow with the part.
void decode(std::string_view encoded, GMimeContentEncoding encoding, const ByteSink& sink) {
  constexpr std::size_t kPiece = 64UL << 10U;
  const bool is_encoded = encoding == GMIME_CONTENT_ENCODING_BASE64 ||
                          encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
                          encoding == GMIME_CONTENT_ENCODING_UUENCODE;
  const Owned<GMimeFilter> filter(is_encoded ? g_mime_filter_basic_new(encoding, FALSE) : nullptr);
  while (!encoded.empty()) {
    std::string piece(encoded.substr(0, kPiece));
    encoded.remove_prefix(piece.size());
    char* out = piece.data();
    std::size_t length = piece.size();
    std::size_t unused = 0;
    if (is_encoded && encoded.empty())
      g_mime_filter_complete(filter.get(), piece.data(), piece.size(), 0, &out, &length, &unused);
    else if (is_encoded)
      g_mime_filter_filter(filter.get(), piece.data(), piece.size(), 0, &out, &length, &unused);
    if (length > 0 && !sink({out, length})) return;
  }
}

void write_leaf(GMimePart* part, const Source& source, const ByteSink& sink) {
  const std::optional<Extent> extent = extent_of(part, source);
  if (!extent) {
    sink(decoded_bytes(part));
    return;
  }
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  decode(source.slice(extent->begin, extent->end), g_mime_data_wrapper_get_encoding(content), sink);
}

std::optional<std::int64_t> header_at(GMimeHeaderList* headers, int index) {
  if (index < 0 || index >= g_mime_header_list_get_count(headers)) return std::nullopt;
  const std::int64_t offset =
      g_mime_header_get_offset(g_mime_header_list_get_header_at(headers, index));
  return offset < 0 ? std::nullopt : std::optional(offset);
}

std::int64_t past_line(std::string_view bytes, std::int64_t at) {
  const std::size_t end = bytes.find('\n', static_cast<std::size_t>(at));
  return static_cast<std::int64_t>(end == std::string_view::npos ? bytes.size() : end + 1);
}

// Where the header block that holds this header ends: behind its empty line.
std::int64_t past_headers(std::string_view bytes, std::int64_t at) {
  const auto size = static_cast<std::int64_t>(bytes.size());
  while (at < size) {
    const char first = bytes[static_cast<std::size_t>(at)];
    const bool is_empty = first == '\n' || bytes.substr(static_cast<std::size_t>(at), 2) == "\r\n";
    at = past_line(bytes, at);
    if (is_empty) break;
  }
  return at;
}

// Where the message inside a part ends: before the first line behind `from` that is a boundary of a
// multipart around it (RFC 2046 §5.1.2), whose line end belongs to the boundary.
std::int64_t end_before_boundary(std::string_view bytes, std::int64_t from,
                                 const std::vector<std::string>& boundaries) {
  for (std::size_t at = bytes.find("--", static_cast<std::size_t>(from));
       at != std::string_view::npos; at = bytes.find("--", at + 1)) {
    if (at == 0 || bytes[at - 1] != '\n') continue;
    const std::string_view line = bytes.substr(at + 2, bytes.find('\n', at) - at - 2);
    const bool is_boundary =
        std::any_of(boundaries.begin(), boundaries.end(), [&](const std::string& boundary) {
          std::string_view rest = line;
          if (boundary.empty() || !rest.starts_with(boundary)) return false;
          rest.remove_prefix(boundary.size());
          if (rest.starts_with("--")) rest.remove_prefix(2);
          return trim(rest).empty();
        });
    if (!is_boundary) continue;
    const std::size_t end = at - (at >= 2 && bytes[at - 2] == '\r' ? 2 : 1);
    return std::max(from, static_cast<std::int64_t>(end));
  }
  return static_cast<std::int64_t>(bytes.size());
}

std::vector<std::string> boundaries_around(const PartList& list, std::size_t index) {
  std::vector<std::string> boundaries;
  const std::string_view own = list.parts()[index].source.bytes;
  for (std::size_t at = list.parts()[index].parent; at != kNoParent; at = list.parts()[at].parent) {
    const FoundPart& around = list.parts()[at];
    if (around.source.bytes.data() != own.data()) break;
    auto* multipart = cast_if<GMimeMultipart>(around.object, g_mime_multipart_get_type());
    if (multipart == nullptr) continue;
    const char* boundary = g_mime_multipart_get_boundary(multipart);
    if (boundary != nullptr) boundaries.emplace_back(boundary);
  }
  return boundaries;
}

// The last place that is known to lie inside the message of this part.
std::int64_t last_inside(const PartList& list, std::size_t index, std::int64_t begin) {
  std::int64_t last = begin;
  const auto& parts = list.parts();
  for (std::size_t at = index + 1; at < parts.size(); ++at) {
    if (parts[at].info.depth <= parts[index].info.depth) break;
    if (parts[at].source.bytes.data() != parts[index].source.bytes.data()) continue;
    auto* leaf = cast_if<GMimePart>(parts[at].object, g_mime_part_get_type());
    if (leaf == nullptr) continue;
    const auto extent = extent_of(leaf, parts[at].source);
    if (extent) last = std::max(last, extent->end);
  }
  return last;
}

// GMime would write the message anew; the archive's reader wants the bytes that came.
std::string_view message_bytes(const PartList& list, std::size_t index) {
  const FoundPart& part = list.parts()[index];
  const std::string_view bytes = part.source.bytes;
  const auto shift = static_cast<std::int64_t>(bytes.size()) - part.source.seen;
  const auto own = header_at(g_mime_object_get_header_list(part.object), 0);
  auto* message_part = cast_if<GMimeMessagePart>(part.object, g_mime_message_part_get_type());
  GMimeMessage* message = g_mime_message_part_get_message(message_part);
  std::int64_t begin = -1;
  if (own && *own + shift >= 0) {
    begin = past_headers(bytes, *own + shift);
  } else if (message != nullptr) {
    const auto inner =
        header_at(g_mime_object_get_header_list(reinterpret_cast<GMimeObject*>(message)), 0);
    if (inner) begin = *inner + shift;
  }
  if (begin < 0 || begin > static_cast<std::int64_t>(bytes.size())) return {};
  const std::int64_t inside = last_inside(list, index, begin - shift) + shift;
  const std::int64_t end = end_before_boundary(bytes, inside, boundaries_around(list, index));
  return bytes.substr(static_cast<std::size_t>(begin), static_cast<std::size_t>(end - begin));
}

}  // namespace

PartList::PartList(const OpenMail& mail, const ParseLimits& limits, std::vector<std::string>& notes)
    : limits_(limits), notes_(notes) {
  if (mail.message() != nullptr)
    visit_message(mail.message(), mail.source(), {"", true, kNoParent, 0});
}

void PartList::visit_message(GMimeMessage* message, const Source& source, const Place& place) {
  if (GMimeObject* body = g_mime_message_get_mime_part(message)) visit(body, source, place);
}

void PartList::visit(GMimeObject* object, const Source& source, const Place& place) {
  if (place.depth >= limits_.depth) return note(notes_, "over-depth-limit");
  if (parts_.size() >= limits_.parts) return note(notes_, "over-part-limit");
  if (auto* multipart = cast_if<GMimeMultipart>(object, g_mime_multipart_get_type()))
    return visit_children(multipart, source, place);
  Place own = place;
  if (place.is_body) own.number = join_number(place.number, 1);
  if (auto* part = cast_if<GMimeMessagePart>(object, g_mime_message_part_get_type())) {
    const std::size_t index = add(object, FoundPart::Kind::Message, source, own);
    GMimeMessage* message = g_mime_message_part_get_message(part);
    if (message != nullptr)
      visit_message(message, source, {own.number, true, index, place.depth + 1});
    return;
  }
  if (cast_if<GMimePart>(object, g_mime_part_get_type()) == nullptr) return;
  const std::size_t index = add(object, FoundPart::Kind::Leaf, source, own);
  if (parts_[index].info.content_type == "message/rfc822") visit_encoded_message(index);
}

void PartList::visit_children(GMimeMultipart* multipart, const Source& source, const Place& place) {
  Place own = place;
  // A multipart that is the body of a message has no number of its own.
  if (place.is_body) own.number.clear();
  const std::size_t index =
      add(reinterpret_cast<GMimeObject*>(multipart), FoundPart::Kind::Multipart, source, own);
  const int count = g_mime_multipart_get_count(multipart);
  for (int i = 0; i < count && parts_.size() < limits_.parts; ++i)
    visit(g_mime_multipart_get_part(multipart, i), source,
          {join_number(place.number, i + 1), false, index, place.depth + 1});
}

void PartList::visit_encoded_message(std::size_t index) {
  decoded_.push_back(bytes_of(*this, index, SIZE_MAX));
  const std::string& bytes = decoded_.back();
  Owned<GMimeMessage> message = read_message(bytes, nullptr);
  if (!message) return;
  messages_.push_back(std::move(message));
  const Part info = parts_[index].info;
  visit_message(messages_.back().get(), {bytes, static_cast<std::int64_t>(bytes.size())},
                {info.number, true, index, info.depth + 1});
}

std::size_t PartList::add(GMimeObject* object, FoundPart::Kind kind, const Source& source,
                          const Place& place) {
  Part info;
  info.number = place.number;
  info.content_type = type_of(object);
  info.charset = parameter_of(object, "charset");
  info.disposition = disposition_of(object);
  info.filename = filename_of(object);
  info.content_id = content_id_of(object);
  info.depth = place.depth;
  info.is_attachment = is_attachment(info, kind);
  parts_.push_back({object, kind, std::move(info), place.parent, source, place.is_body});
  return parts_.size() - 1;
}

void write_bytes(const PartList& list, std::size_t index, const ByteSink& sink) {
  const FoundPart& part = list.parts()[index];
  if (part.kind == FoundPart::Kind::Message)
    sink(message_bytes(list, index));
  else if (part.kind == FoundPart::Kind::Leaf)
    write_leaf(reinterpret_cast<GMimePart*>(part.object), part.source, sink);
}

std::string bytes_of(const PartList& list, std::size_t index, std::size_t limit) {
  std::string bytes;
  write_bytes(list, index, [&](std::string_view piece) {
    bytes += piece.substr(0, limit - bytes.size());
    return bytes.size() < limit;
  });
  return bytes;
}

std::uint64_t size_of(const PartList& list, std::size_t index) {
  std::uint64_t size = 0;
  write_bytes(list, index, [&](std::string_view piece) {
    size += piece.size();
    return true;
  });
  return size;
}

}  // namespace mailkeep::message
