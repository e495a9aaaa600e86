// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/wire.h"

#include "common/encoding.h"
#include "common/printable.h"
#include "message/safe_markup.h"

namespace mailkeep::message {
namespace {

using common::FieldReader;

void put_list(std::string& out, const std::vector<std::string>& list) {
  common::put_u32(out, static_cast<std::uint32_t>(list.size()));
  for (const std::string& entry : list) common::put_field(out, entry);
}

void put_addresses(std::string& out, const std::vector<Address>& addresses) {
  common::put_u32(out, static_cast<std::uint32_t>(addresses.size()));
  for (const Address& address : addresses) {
    common::put_field(out, address.name);
    common::put_field(out, address.address);
  }
}

void put_part(std::string& out, const Part& part) {
  for (const std::string* text : {&part.number, &part.content_type, &part.charset,
                                  &part.disposition, &part.filename, &part.content_id})
    common::put_field(out, *text);
  common::put_u64(out, part.size);
  common::put_u32(out, part.depth);
  common::put_u8(out, part.is_attachment ? 1 : 0);
}

class Reader {
 public:
  explicit Reader(std::string_view bytes) : in_(bytes) {}

  std::string text() {
    const std::string_view bytes = in_.field();
    is_valid_ = is_valid_ && common::is_valid_utf8(bytes);
    return std::string(bytes);
  }

  std::vector<std::string> list() {
    std::vector<std::string> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) out.push_back(text());
    return out;
  }

  std::vector<Address> addresses() {
    std::vector<Address> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) {
      Address address;
      address.name = text();
      address.address = text();
      out.push_back(std::move(address));
    }
    return out;
  }

  std::vector<Attachment> attachments() {
    std::vector<Attachment> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) {
      Attachment attachment;
      attachment.part = text();
      attachment.filename = text();
      attachment.content_type = text();
      attachment.size = in_.u64();
      out.push_back(std::move(attachment));
    }
    return out;
  }

  Part part() {
    Part part;
    for (std::string* target : {&part.number, &part.content_type, &part.charset, &part.disposition,
                                &part.filename, &part.content_id})
      *target = text();
    part.size = in_.u64();
    part.depth = in_.u32();
    part.is_attachment = in_.u8() != 0;
    return part;
  }

  std::vector<Header> headers() {
    std::vector<Header> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) {
      Header header;
      header.name = text();
      header.value = text();
      out.push_back(std::move(header));
    }
    return out;
  }

  std::vector<Part> parts() {
    std::vector<Part> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) out.push_back(part());
    return out;
  }

  std::vector<HtmlBody> html() {
    std::vector<HtmlBody> out;
    for (std::uint32_t left = in_.u32(); left > 0 && is_fine(); --left) {
      HtmlBody body;
      body.part = text();
      body.html = text();
      body.removed_remote = in_.u32();
      is_valid_ = is_valid_ && is_safe_html(body.html);
      out.push_back(std::move(body));
    }
    return out;
  }

  std::uint8_t number(std::uint8_t highest) {
    const std::uint8_t value = in_.u8();
    is_valid_ = is_valid_ && value <= highest;
    return value;
  }

  std::optional<ParsedMessage> message() {
    const std::string_view bytes = in_.field();
    return in_.ok() ? decode(bytes) : std::nullopt;
  }

  std::optional<std::int64_t> date() {
    const bool has_date = in_.u8() != 0;
    const auto seconds = static_cast<std::int64_t>(in_.u64());
    return has_date ? std::optional(seconds) : std::nullopt;
  }

  bool is_fine() const { return is_valid_ && in_.ok(); }
  bool is_complete() const { return is_fine() && in_.at_end(); }

 private:
  FieldReader in_;
  bool is_valid_ = true;
};

}  // namespace

std::string encode(const ParsedMessage& message) {
  std::string out;
  out.reserve(message.text.size() + 1024);
  common::put_field(out, message.message_id);
  common::put_field(out, message.in_reply_to);
  put_list(out, message.references);
  common::put_field(out, message.subject);
  for (const auto* list :
       {&message.from, &message.to, &message.cc, &message.bcc, &message.reply_to})
    put_addresses(out, *list);
  common::put_u8(out, message.date ? 1 : 0);
  common::put_u64(out, static_cast<std::uint64_t>(message.date.value_or(0)));
  common::put_field(out, message.text);
  common::put_u32(out, static_cast<std::uint32_t>(message.attachments.size()));
  for (const Attachment& attachment : message.attachments) {
    common::put_field(out, attachment.part);
    common::put_field(out, attachment.filename);
    common::put_field(out, attachment.content_type);
    common::put_u64(out, attachment.size);
  }
  put_list(out, message.oddities);
  put_list(out, message.unsearchable);
  return out;
}

std::optional<ParsedMessage> decode(std::string_view bytes) {
  Reader in(bytes);
  ParsedMessage message;
  message.message_id = in.text();
  message.in_reply_to = in.text();
  message.references = in.list();
  message.subject = in.text();
  for (auto* list : {&message.from, &message.to, &message.cc, &message.bcc, &message.reply_to})
    *list = in.addresses();
  message.date = in.date();
  message.text = in.text();
  message.attachments = in.attachments();
  message.oddities = in.list();
  message.unsearchable = in.list();
  if (!in.is_complete()) return std::nullopt;
  return message;
}

std::string encode(const MessageView& view) {
  std::string out;
  common::put_field(out, encode(view.message));
  common::put_u32(out, static_cast<std::uint32_t>(view.headers.size()));
  for (const Header& header : view.headers) {
    common::put_field(out, header.name);
    common::put_field(out, header.value);
  }
  common::put_field(out, view.text);
  common::put_u32(out, static_cast<std::uint32_t>(view.html.size()));
  for (const HtmlBody& body : view.html) {
    common::put_field(out, body.part);
    common::put_field(out, body.html);
    common::put_u32(out, body.removed_remote);
  }
  common::put_u32(out, static_cast<std::uint32_t>(view.parts.size()));
  for (const Part& part : view.parts) put_part(out, part);
  put_list(out, view.notes);
  return out;
}

std::optional<MessageView> decode_view(std::string_view bytes) {
  Reader in(bytes);
  MessageView view;
  auto message = in.message();
  if (!message) return std::nullopt;
  view.message = std::move(*message);
  view.headers = in.headers();
  view.text = in.text();
  view.html = in.html();
  view.parts = in.parts();
  view.notes = in.list();
  if (!in.is_complete()) return std::nullopt;
  return view;
}

std::string encode(const PartReply& reply) {
  std::string out;
  common::put_u8(out, static_cast<std::uint8_t>(reply.finding));
  put_part(out, reply.part);
  return out;
}

std::optional<PartReply> decode_part(std::string_view bytes) {
  Reader in(bytes);
  PartReply reply;
  reply.finding =
      static_cast<PartFinding>(in.number(static_cast<std::uint8_t>(PartFinding::IsMultipart)));
  reply.part = in.part();
  if (!in.is_complete()) return std::nullopt;
  return reply;
}

}  // namespace mailkeep::message
