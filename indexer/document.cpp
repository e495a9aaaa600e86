// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/document.h"

#include <algorithm>
#include <string>

#include "common/printable.h"
#include "indexer/search/seen_in.h"
#include "indexer/search/stored_data.h"
#include "indexer/search/words.h"

namespace mailkeep::indexer {
namespace {

using message::Address;
using message::Attachment;
using message::ParsedMessage;
using search::FieldId;

// Words of different fields and addresses are never neighbours.
constexpr Xapian::termpos kGap = 100;
// What a hit shows of a header with thousands of recipients.
constexpr std::size_t kMaxShownBytes = 4096;
// RFC 5322 §2.1.1: no line is longer, so no Message-ID is.
constexpr std::size_t kMaxIdBytes = 998;
// Of longer lists the first one, which is the thread's root, and the last ones count.
constexpr std::size_t kMaxReferenceTerms = 100;
constexpr std::size_t kMaxShownReferences = 50;
constexpr std::size_t kMaxShownReasons = 20;

std::string shown(const std::vector<Address>& addresses) {
  std::string text;
  for (const Address& address : addresses) {
    if (text.size() > kMaxShownBytes) return text + ", ...";
    if (!text.empty()) text += ", ";
    if (address.name.empty())
      text += address.address;
    else
      text += address.address.empty() ? address.name : address.name + " <" + address.address + ">";
  }
  return text;
}

class Builder {
 public:
  Builder() : cutter_(search::word_cutter()) { cutter_.set_document(document_); }

  void add_words(FieldId field, const std::string& text) {
    search::add_words(cutter_, text, search::field_of(field).prefix);
    cutter_.increase_termpos(kGap);
  }

  void add_people(FieldId field, const std::vector<Address>& addresses) {
    for (const Address& address : addresses) {
      add_words(field, address.name);
      add_words(field, address.address);
    }
  }

  void add_value(FieldId field, const std::string& value) {
    if (!value.empty()) document_.add_boolean_term(search::boolean_term(field, value));
  }

  void add_attachment(const Attachment& attachment) {
    add_words(FieldId::Filename, attachment.filename);
    const std::string& type = attachment.content_type;
    add_value(FieldId::Type, type);
    const std::size_t slash = type.find('/');
    if (slash != std::string::npos) {
      add_value(FieldId::Type, type.substr(0, slash));
      add_value(FieldId::Type, type.substr(slash + 1));
    }
    const std::size_t dot = attachment.filename.rfind('.');
    if (dot != std::string::npos) add_value(FieldId::Type, attachment.filename.substr(dot + 1));
  }

  Xapian::Document& document() { return document_; }

 private:
  Xapian::Document document_;
  Xapian::TermGenerator cutter_;
};

// A signature travels as an attachment, but nobody who looks for attachments means it.
bool counts_as_attachment(const Attachment& attachment) {
  const std::string& type = attachment.content_type;
  return type != "application/pgp-signature" && type != "application/pkcs7-signature" &&
         type != "application/x-pkcs7-signature";
}

void add_reasons(const ParsedMessage& message, Builder& builder) {
  for (const std::string& reason : message.unsearchable) {
    builder.add_value(FieldId::Unsearchable, reason);
    builder.add_value(FieldId::Unsearchable, reason.substr(0, reason.find(':')));
  }
  if (!message.unsearchable.empty()) builder.add_value(FieldId::Has, "unsearchable");
  if (!message.oddities.empty()) builder.add_value(FieldId::Has, "oddity");
}

bool has_attachments(const ParsedMessage& message) {
  return std::any_of(message.attachments.begin(), message.attachments.end(), counts_as_attachment);
}

void add_attachments(const ParsedMessage& message, Builder& builder) {
  for (const Attachment& attachment : message.attachments) builder.add_attachment(attachment);
  if (has_attachments(message)) builder.add_value(FieldId::Has, "attachment");
}

std::vector<std::string> last(const std::vector<std::string>& list, std::size_t count) {
  const std::size_t skipped = list.size() - std::min(list.size(), count);
  return {list.begin() + static_cast<long>(skipped), list.end()};
}

void add_references(const ParsedMessage& message, Builder& builder) {
  builder.add_value(FieldId::References, message.in_reply_to);
  if (message.references.empty()) return;
  builder.add_value(FieldId::References, message.references.front());
  for (const std::string& id : last(message.references, kMaxReferenceTerms - 1))
    builder.add_value(FieldId::References, id);
}

std::string shown_id(const std::string& id) {
  return id.size() <= kMaxIdBytes ? id : common::to_utf8_lossy(id.substr(0, kMaxIdBytes));
}

void add_place_terms(Xapian::Document& document, const std::vector<search::Place>& places) {
  for (const search::Place& place : places)
    for (const std::string& term : search::terms_of(place)) document.add_boolean_term(term);
}

void set_seen_in(Xapian::Document& document, const search::SeenIn& seen) {
  document.add_value(search::kSlotAccounts, search::encode(seen));
  std::int64_t first = seen.empty() ? 0 : seen.begin()->second;
  for (const auto& [account, position] : seen) first = std::min(first, position);
  document.add_value(search::kSlotPosition,
                     search::number_value(static_cast<std::uint64_t>(first)));
}

search::StoredData stored_data(const ParsedMessage& message, const MessageFacts& facts) {
  search::StoredData stored;
  stored.size = facts.size;
  stored.from = shown(message.from);
  stored.to = shown(message.to);
  stored.subject = message.subject;
  stored.message_id = shown_id(message.message_id);
  stored.in_reply_to = shown_id(message.in_reply_to);
  for (const std::string& id : last(message.references, kMaxShownReferences))
    stored.references.push_back(shown_id(id));
  stored.has_attachments = has_attachments(message);
  stored.unsearchable = message.unsearchable;
  if (stored.unsearchable.size() > kMaxShownReasons) stored.unsearchable.resize(kMaxShownReasons);
  stored.packed_text = search::pack_text(message.text);
  return stored;
}

}  // namespace

Xapian::Document make_document(const ParsedMessage& message, const MessageFacts& facts) {
  Builder builder;
  builder.add_words(FieldId::Subject, message.subject);
  builder.add_people(FieldId::From, message.from);
  builder.add_people(FieldId::To, message.to);
  builder.add_people(FieldId::Cc, message.cc);
  builder.add_people(FieldId::Bcc, message.bcc);
  add_attachments(message, builder);
  builder.add_words(FieldId::Body, message.text);
  builder.add_value(FieldId::MessageId, message.message_id);
  add_references(message, builder);
  add_reasons(message, builder);

  Xapian::Document& document = builder.document();
  document.add_boolean_term(search::unique_term(facts.id.hex()));
  add_place_terms(document, facts.places);
  document.add_value(search::kSlotOrder, search::order_value(message.date, facts.id.view()));
  document.add_value(search::kSlotSize, search::number_value(facts.size));
  if (!message.from.empty())
    document.add_value(search::kSlotSender, search::sender_value(message.from.front().address));
  search::SeenIn seen;
  search::add_places(facts.places, seen);
  set_seen_in(document, seen);
  document.set_data(search::encode(stored_data(message, facts)));
  return document;
}

void add_places(Xapian::Document& document, const std::vector<search::Place>& places) {
  add_place_terms(document, places);
  search::SeenIn seen = search::decode_seen_in(document.get_value(search::kSlotAccounts));
  search::add_places(places, seen);
  set_seen_in(document, seen);
}

}  // namespace mailkeep::indexer
