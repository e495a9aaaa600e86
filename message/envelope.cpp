// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/envelope.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/printable.h"
#include "message/header_value.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxNotes = 50;
constexpr int kMaxGroupDepth = 8;
constexpr std::size_t kMaxReferences = 1'000;

// A mail dated outside this span has a broken clock, not a time machine.
constexpr std::int64_t kYear1970 = 0;
constexpr std::int64_t kYear2100 = 4'102'444'800;

std::string text_or_empty(const char* text) { return text == nullptr ? "" : one_line(text); }

class AddressReader {
 public:
  explicit AddressReader(std::size_t room) : room_(room) {}

  // All fields of that name together.
  void read(GMimeMessage* message, std::string_view name, std::vector<Address>& out) {
    GMimeHeaderList* headers =
        g_mime_object_get_header_list(reinterpret_cast<GMimeObject*>(message));
    const int count = g_mime_header_list_get_count(headers);
    for (int i = 0; i < count; ++i) {
      GMimeHeader* header = g_mime_header_list_get_header_at(headers, i);
      if (!equals_ignoring_case(g_mime_header_get_name(header), name)) continue;
      const Owned<InternetAddressList> list(
          internet_address_list_parse(nullptr, joined_value(header).c_str()));
      read_list(list.get(), out, 0);
    }
  }

  bool is_over() const { return is_over_; }

 private:
  void read_list(InternetAddressList* list, std::vector<Address>& out, int depth) {
    if (list == nullptr || depth > kMaxGroupDepth) return;
    const int count = internet_address_list_length(list);
    for (int i = 0; i < count; ++i)
      read_one(internet_address_list_get_address(list, i), out, depth);
  }

  void read_one(InternetAddress* entry, std::vector<Address>& out, int depth) {
    if (room_ == 0) {
      is_over_ = true;
      return;
    }
    --room_;
    Address address;
    address.name = text_or_empty(internet_address_get_name(entry));
    auto* mailbox = cast_if<InternetAddressMailbox>(entry, internet_address_mailbox_get_type());
    if (mailbox != nullptr)
      address.address =
          one_line(decoded_value(text_or_empty(internet_address_mailbox_get_addr(mailbox))));
    if (!address.name.empty() || !address.address.empty()) out.push_back(std::move(address));
    // RFC 5322 §3.4: a group has a name and members.
    auto* group = cast_if<InternetAddressGroup>(entry, internet_address_group_get_type());
    if (group != nullptr) read_list(internet_address_group_get_members(group), out, depth + 1);
  }

  std::size_t room_;
  bool is_over_ = false;
};

std::string strip_brackets(std::string_view id) {
  if (id.size() < 2 || id.front() != '<' || id.back() != '>') return std::string(id);
  return std::string(id.substr(1, id.size() - 2));
}

std::string raw_header(GMimeMessage* message, const char* name) {
  const char* value = g_mime_object_get_header(reinterpret_cast<GMimeObject*>(message), name);
  return text_or_empty(value);
}

std::string subject_of(GMimeMessage* message) {
  return one_line(decoded_header(reinterpret_cast<GMimeObject*>(message), "Subject"));
}

std::vector<std::string> message_ids(const std::string& value) {
  std::vector<std::string> ids;
  GMimeReferences* references = g_mime_references_parse(nullptr, value.c_str());
  const int count = references == nullptr ? 0 : g_mime_references_length(references);
  for (int i = 0; i < count && ids.size() < kMaxReferences; ++i) {
    std::string id = text_or_empty(g_mime_references_get_message_id(references, i));
    if (!id.empty()) ids.push_back(std::move(id));
  }
  if (references != nullptr) g_mime_references_free(references);
  return ids;
}

void read_date(GMimeMessage* message, ParsedMessage& out) {
  GDateTime* date = g_mime_message_get_date(message);
  if (date != nullptr) {
    const std::int64_t seconds = g_date_time_to_unix(date);
    if (seconds >= kYear1970 && seconds < kYear2100) {
      out.date = seconds;
      return;
    }
  }
  note(out.oddities,
       raw_header(message, "Date").empty() ? std::string("date-missing") : "date-unreadable");
}

void read_ids(GMimeMessage* message, ParsedMessage& out) {
  out.message_id = text_or_empty(g_mime_message_get_message_id(message));
  // An id that breaks the grammar of RFC 5322 §3.6.4 is still the id that replies will name.
  if (out.message_id.empty()) out.message_id = raw_header(message, "Message-ID");
  out.message_id = strip_brackets(out.message_id);
  const std::vector<std::string> parents = message_ids(raw_header(message, "In-Reply-To"));
  if (!parents.empty()) out.in_reply_to = parents.front();
  out.references = message_ids(raw_header(message, "References"));
}

void add_address_line(const std::vector<Address>& addresses, std::string& out) {
  for (const Address& address : addresses) {
    out += address.name;
    out += ' ';
    out += address.address;
    out += '\n';
  }
}

}  // namespace

void note(std::vector<std::string>& list, std::string what) {
  if (list.size() >= kMaxNotes) return;
  if (std::find(list.begin(), list.end(), what) == list.end()) list.push_back(std::move(what));
}

void read_envelope(GMimeMessage* message, std::size_t max_recipients, ParsedMessage& out) {
  out.subject = subject_of(message);
  AddressReader reader(max_recipients);
  reader.read(message, "From", out.from);
  reader.read(message, "Reply-To", out.reply_to);
  reader.read(message, "To", out.to);
  reader.read(message, "Cc", out.cc);
  reader.read(message, "Bcc", out.bcc);
  if (reader.is_over()) note(out.unsearchable, "over-recipient-limit");
  read_ids(message, out);
  read_date(message, out);
}

std::string envelope_text(GMimeMessage* message, std::size_t max_recipients) {
  std::string text = subject_of(message) + "\n";
  std::vector<Address> people;
  AddressReader reader(max_recipients);
  reader.read(message, "From", people);
  reader.read(message, "To", people);
  reader.read(message, "Cc", people);
  add_address_line(people, text);
  return text;
}

}  // namespace mailkeep::message
