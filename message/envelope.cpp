// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/envelope.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string_view>

#include "common/printable.h"
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

  void read(InternetAddressList* list, std::vector<Address>& out, int depth = 0) {
    if (list == nullptr || depth > kMaxGroupDepth) return;
    const int count = internet_address_list_length(list);
    for (int i = 0; i < count; ++i)
      read_one(internet_address_list_get_address(list, i), out, depth);
  }

  bool is_over() const { return is_over_; }

 private:
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
      address.address = text_or_empty(internet_address_mailbox_get_addr(mailbox));
    if (!address.name.empty() || !address.address.empty()) out.push_back(std::move(address));
    // RFC 5322 §3.4: a group has a name and members.
    auto* group = cast_if<InternetAddressGroup>(entry, internet_address_group_get_type());
    if (group != nullptr) read(internet_address_group_get_members(group), out, depth + 1);
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
  out.subject = text_or_empty(g_mime_message_get_subject(message));
  AddressReader reader(max_recipients);
  reader.read(g_mime_message_get_from(message), out.from);
  reader.read(g_mime_message_get_reply_to(message), out.reply_to);
  reader.read(g_mime_message_get_to(message), out.to);
  reader.read(g_mime_message_get_cc(message), out.cc);
  reader.read(g_mime_message_get_bcc(message), out.bcc);
  if (reader.is_over()) note(out.unsearchable, "over-recipient-limit");
  read_ids(message, out);
  read_date(message, out);
}

std::string envelope_text(GMimeMessage* message, std::size_t max_recipients) {
  std::string text = text_or_empty(g_mime_message_get_subject(message)) + "\n";
  std::vector<Address> people;
  AddressReader reader(max_recipients);
  reader.read(g_mime_message_get_from(message), people);
  reader.read(g_mime_message_get_to(message), people);
  reader.read(g_mime_message_get_cc(message), people);
  add_address_line(people, text);
  return text;
}

}  // namespace mailkeep::message
