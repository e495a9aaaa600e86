// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/schema.h"

#include <xapian.h>

#include <algorithm>
#include <array>

#include "common/check.h"
#include "common/digest.h"
#include "common/encoding.h"

namespace mailkeep::search {
namespace {

// Xapian's limit is 245 bytes with its own escapes; prefixes stay below 20, account_prefix()
// adds 21.
constexpr std::size_t kMaxValueBytes = 150;
// So much of its SHA-256 names an account in a term.
constexpr std::size_t kAccountKeyBytes = 8;

// A term prefix of more than one letter begins with X (Xapian's convention); the colon of boolean
// ones keeps them apart from their values.
constexpr std::array<Field, 21> kFields = {{
    {FieldId::Body, FieldKind::Text, "", "body", "text",
     "words of the text, of HTML, of attached texts and mails"},
    {FieldId::Subject, FieldKind::Text, "S", "subject", "", "words of the subject"},
    {FieldId::From, FieldKind::Text, "A", "from", "", "name, address or domain of the sender"},
    {FieldId::To, FieldKind::Text, "XTO", "to", "", "name, address or domain of a recipient"},
    {FieldId::Cc, FieldKind::Text, "XCC", "cc", "", "the same for Cc"},
    {FieldId::Bcc, FieldKind::Text, "XBCC", "bcc", "", "the same for Bcc"},
    {FieldId::Filename, FieldKind::Text, "XFILE", "filename", "file",
     "words of the names of attachments"},
    {FieldId::Account, FieldKind::Boolean, "XACCOUNT:", "account", "",
     "the account it was fetched from"},
    {FieldId::Custodian, FieldKind::Boolean, "XCUSTODIAN:", "custodian", "",
     "whose mail the account holds"},
    {FieldId::Folder, FieldKind::Boolean, "XFOLDER:", "folder", "",
     "the folder's whole name or one part of it"},
    {FieldId::MessageId, FieldKind::Boolean, "XMID:", "message-id", "id", "the Message-ID"},
    {FieldId::References, FieldKind::Boolean, "XREF:", "references", "in-reply-to",
     "Message-IDs that it answers or refers to"},
    {FieldId::Type, FieldKind::Boolean, "T:", "type", "",
     "type or ending of an attachment: application/pdf, image, pdf"},
    {FieldId::Has, FieldKind::Boolean, "XHAS:", "has", "",
     "has:attachment, has:unsearchable, has:oddity"},
    {FieldId::Unsearchable, FieldKind::Boolean, "XUNS:", "unsearchable", "",
     "why something in it could not be read: encrypted, attachment-type, ..."},
    {FieldId::Sha256, FieldKind::Digest, "Q", "sha256", "", "the message's id or its first digits"},
    {FieldId::Date, FieldKind::Date, "", "date", "",
     "2024, 2024-03, 2024-03-01, A..B, ..B, A.., today, yesterday, 7d, 4w (UTC)"},
    {FieldId::After, FieldKind::After, "", "after", "since", "on that day or later"},
    {FieldId::Before, FieldKind::Before, "", "before", "", "before that day"},
    {FieldId::Larger, FieldKind::Larger, "", "larger", "", "more than 500k, 10M, 1G"},
    {FieldId::Smaller, FieldKind::Smaller, "", "smaller", "", "less than that"},
}};

std::string be64(std::uint64_t value) {
  std::string bytes;
  common::put_u64(bytes, value);
  return bytes;
}

}  // namespace

std::span<const Field> fields() { return kFields; }

const Field& field_of(FieldId id) {
  const Field& field = kFields[static_cast<std::size_t>(id)];
  MAILKEEP_CHECK(field.id == id);
  return field;
}

const Field* find_field(std::string_view name) {
  const auto* found = std::find_if(kFields.begin(), kFields.end(), [&](const Field& field) {
    return field.name == name || (!field.alias.empty() && field.alias == name);
  });
  return found == kFields.end() ? nullptr : found;
}

std::string field_names() {
  std::array<std::string_view, kFields.size()> names;
  std::transform(kFields.begin(), kFields.end(), names.begin(),
                 [](const Field& field) { return field.name; });
  std::sort(names.begin(), names.end());
  std::string text;
  for (const std::string_view name : names) {
    if (!text.empty()) text += ", ";
    text += name;
  }
  return text;
}

std::string fold_case(std::string_view text) {
  std::string folded;
  folded.reserve(text.size());
  const Xapian::Utf8Iterator end;
  for (Xapian::Utf8Iterator at(text.data(), text.size()); at != end; ++at)
    Xapian::Unicode::append_utf8(folded, Xapian::Unicode::tolower(*at));
  return folded;
}

std::string boolean_term(FieldId field, std::string_view value) {
  std::string folded = fold_case(value);
  if (folded.size() > kMaxValueBytes) folded = "#" + common::Sha256::of(folded).hex();
  return std::string(field_of(field).prefix) + folded;
}

std::string unique_term(std::string_view id_hex) {
  return std::string(field_of(FieldId::Sha256).prefix) + std::string(id_hex);
}

std::string order_value(std::optional<std::int64_t> date, std::string_view id_bytes) {
  const bool is_dated = date && *date >= 0;
  return be64(is_dated ? static_cast<std::uint64_t>(*date) + 1 : 0) + std::string(id_bytes);
}

std::string number_value(std::uint64_t number) { return be64(number); }

std::string sender_value(std::string_view address) {
  std::string folded = fold_case(address);
  if (folded.size() <= kMaxSenderBytes) return folded;
  std::size_t end = kMaxSenderBytes;
  while (end > 0 && (static_cast<unsigned char>(folded[end]) & 0xc0U) == 0x80U) --end;
  folded.resize(end);
  return folded;
}

std::optional<std::int64_t> date_of_order(std::string_view value) {
  const std::uint64_t number = common::FieldReader(value).u64();
  if (number == 0) return std::nullopt;
  return static_cast<std::int64_t>(number - 1);
}

std::string_view id_of_order(std::string_view value) {
  return value.size() > 8 ? value.substr(8) : std::string_view();
}

namespace {

void add_folder_terms(const std::string& folder, std::vector<std::string>& terms) {
  if (folder.empty()) return;
  terms.push_back(boolean_term(FieldId::Folder, folder));
  // Servers separate levels by "/", "." or "\\"; people write "/" and look for the last level
  // alone.
  std::string path;
  std::size_t from = 0;
  for (std::size_t i = 0; i <= folder.size(); ++i) {
    const bool is_end =
        i == folder.size() || folder[i] == '/' || folder[i] == '.' || folder[i] == '\\';
    if (!is_end) continue;
    const std::string part = folder.substr(from, i - from);
    if (!part.empty()) terms.push_back(boolean_term(FieldId::Folder, part));
    path += (from == 0 ? "" : "/") + part;
    from = i + 1;
  }
  terms.push_back(boolean_term(FieldId::Folder, path));
}

}  // namespace

std::vector<std::string> terms_of(const Place& place) {
  std::vector<std::string> terms;
  if (!place.custodian.empty()) terms.push_back(boolean_term(FieldId::Custodian, place.custodian));
  add_folder_terms(place.folder, terms);
  const std::string prefix = account_prefix(place.account);
  const std::size_t count = terms.size();
  for (std::size_t i = 0; i < count; ++i) terms.push_back(prefix + terms[i]);
  terms.push_back(boolean_term(FieldId::Account, place.account));
  return terms;
}

std::string account_prefix(std::string_view account) {
  return "XIN:" + common::Sha256::of(account).hex().substr(0, 2 * kAccountKeyBytes) + ":";
}

bool is_of_place(FieldId field) {
  return field == FieldId::Account || field == FieldId::Custodian || field == FieldId::Folder;
}

}  // namespace mailkeep::search
