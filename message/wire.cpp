// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/wire.h"

#include "common/encoding.h"
#include "common/printable.h"

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

}  // namespace mailkeep::message
