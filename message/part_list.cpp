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
  char* out = nullptr;
  std::size_t length = 0;
  std::size_t unused = 0;
  for (; !encoded.empty(); encoded.remove_prefix(std::min(encoded.size(), kPiece))) {
    std::string piece(encoded.substr(0, kPiece));
    out = piece.data();
    length = piece.size();
    if (is_encoded)
      g_mime_filter_filter(filter.get(), piece.data(), piece.size(), 0, &out, &length, &unused);
    if (length > 0 && !sink({out, length})) return;
  }
  if (!is_encoded) return;
  // By itself: the filter does not look for the start of a uuencoded file in what comes last.
  char nothing = 0;
  g_mime_filter_complete(filter.get(), &nothing, 0, 0, &out, &length, &unused);
  if (length > 0) sink({out, length});
}

void write_leaf(GMimePart* part, const Source& source, const ByteSink& sink) {
  const std::optional<Extent> extent = extent_of(part, source);
  GMimeDataWrapper* content = g_mime_part_get_content(part);
  const GMimeContentEncoding encoding = content == nullptr
                                            ? GMIME_CONTENT_ENCODING_DEFAULT
                                            : g_mime_data_wrapper_get_encoding(content);
  // These encodings are made of lines, which GMime knows only by their line feeds.
  const bool needs_lines = encoding == GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE ||
                           encoding == GMIME_CONTENT_ENCODING_UUENCODE;
  if (!extent || (needs_lines && source.line_end != '\n'))
    sink(decoded_bytes(part));
  else
    decode(source.slice(extent->begin, extent->end), encoding, sink);
}

std::optional<std::int64_t> header_at(GMimeHeaderList* headers, int index) {
  if (index < 0 || index >= g_mime_header_list_get_count(headers)) return std::nullopt;
  const std::int64_t offset =
      g_mime_header_get_offset(g_mime_header_list_get_header_at(headers, index));
  return offset < 0 ? std::nullopt : std::optional(offset);
}

// Where the header block that holds this place ends: behind its empty line.
std::size_t past_headers(const Source& source, std::size_t at) {
  const auto& [bytes, seen, line_end] = source;
  while (at < bytes.size()) {
    const bool is_empty = bytes[at] == line_end || bytes.substr(at, 2) == "\r\n";
    const std::size_t end = bytes.find(line_end, at);
    if (end == std::string_view::npos) return bytes.size();
    at = end + 1;
    if (is_empty) break;
  }
  return at;
}

bool is_boundary(std::string_view line, const std::vector<std::string>& boundaries) {
  return std::any_of(boundaries.begin(), boundaries.end(), [&](const std::string& boundary) {
    std::string_view rest = line;
    if (boundary.empty() || !rest.starts_with(boundary)) return false;
    rest.remove_prefix(boundary.size());
    if (rest.starts_with("--")) rest.remove_prefix(2);
    return trim(rest).empty();
  });
}

// Where the message inside a part ends: before the first line behind `from` that is a boundary of a
// multipart around it (RFC 2046 §5.1.2), whose line end belongs to the boundary.
std::size_t end_before_boundary(const Source& source, std::size_t from,
                                const std::vector<std::string>& boundaries) {
  const auto& [bytes, seen, line_end] = source;
  if (boundaries.empty()) return bytes.size();
  for (std::size_t at = bytes.find("--", from); at != std::string_view::npos;
       at = bytes.find("--", at + 1)) {
    if (at == 0 || bytes[at - 1] != line_end) continue;
    const std::size_t end = std::min(bytes.find(line_end, at), bytes.size());
    if (!is_boundary(bytes.substr(at + 2, end - at - 2), boundaries)) continue;
    const bool is_crlf = at >= 2 && line_end == '\n' && bytes[at - 2] == '\r';
    return std::max(from, at - (is_crlf ? 2 : 1));
  }
  return bytes.size();
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

// From the first to the last byte that is known to lie inside the message of this part.
std::optional<Extent> extent_of_leaves(const PartList& list, std::size_t index) {
  std::optional<Extent> found;
  const auto& parts = list.parts();
  for (std::size_t at = index + 1; at < parts.size(); ++at) {
    if (parts[at].info.depth <= parts[index].info.depth) break;
    if (parts[at].source.bytes.data() != parts[index].source.bytes.data()) continue;
    auto* leaf = cast_if<GMimePart>(parts[at].object, g_mime_part_get_type());
    const auto extent = leaf == nullptr ? std::nullopt : extent_of(leaf, parts[at].source);
    if (!extent) continue;
    if (!found) found = extent;
    found->begin = std::min(found->begin, extent->begin);
    found->end = std::max(found->end, extent->end);
  }
  return found;
}

// GMime would write the message anew; the archive's reader wants the bytes that came.
std::string_view message_bytes(const PartList& list, std::size_t index) {
  const FoundPart& part = list.parts()[index];
  const std::string_view bytes = part.source.bytes;
  const auto place_of = [&](std::int64_t offset) {
    return bytes.size() - part.source.slice(offset, part.source.seen).size();
  };
  auto* holder = cast_if<GMimeMessagePart>(part.object, g_mime_message_part_get_type());
  auto* message = reinterpret_cast<GMimeObject*>(g_mime_message_part_get_message(holder));
  const auto own = header_at(g_mime_object_get_header_list(part.object), 0);
  const auto inner =
      message == nullptr ? std::nullopt : header_at(g_mime_object_get_header_list(message), 0);
  const std::optional<Extent> leaves = extent_of_leaves(list, index);
  if (!own && !inner && !leaves) return {};
  std::size_t begin = 0;
  if (own)
    begin = past_headers(part.source, place_of(*own));
  else
    begin = place_of(inner ? *inner : leaves->begin);
  const std::size_t inside = leaves ? std::max(begin, place_of(leaves->end)) : begin;
  const std::size_t end = end_before_boundary(part.source, inside, boundaries_around(list, index));
  return bytes.substr(begin, end - begin);
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
  visit_message(messages_.back().get(), {bytes, static_cast<std::int64_t>(bytes.size()), '\n'},
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
