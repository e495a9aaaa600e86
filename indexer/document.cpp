// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/document.h"

#include <algorithm>
#include <string>

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

void add_attachments(const ParsedMessage& message, Builder& builder) {
  for (const Attachment& attachment : message.attachments) builder.add_attachment(attachment);
  if (std::any_of(message.attachments.begin(), message.attachments.end(), counts_as_attachment))
    builder.add_value(FieldId::Has, "attachment");
}

bool add_accounts(const std::vector<search::Place>& places, std::vector<std::string>& accounts) {
  const std::size_t before = accounts.size();
  for (const search::Place& place : places) {
    const auto at = std::lower_bound(accounts.begin(), accounts.end(), place.account);
    if (at == accounts.end() || *at != place.account) accounts.insert(at, place.account);
  }
  return accounts.size() != before;
}

void add_place_terms(Xapian::Document& document, const std::vector<search::Place>& places) {
  for (const search::Place& place : places)
    for (const std::string& term : search::terms_of(place)) document.add_boolean_term(term);
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
  add_reasons(message, builder);

  Xapian::Document& document = builder.document();
  document.add_boolean_term(search::unique_term(facts.id.hex()));
  add_place_terms(document, facts.places);
  document.add_value(search::kSlotOrder, search::order_value(message.date, facts.id.view()));
  document.add_value(search::kSlotSize, search::size_value(facts.size));

  search::StoredData stored;
  stored.size = facts.size;
  stored.from = shown(message.from);
  stored.to = shown(message.to);
  stored.subject = message.subject;
  add_accounts(facts.places, stored.accounts);
  stored.packed_text = search::pack_text(message.text);
  document.set_data(search::encode(stored));
  return document;
}

void add_places(Xapian::Document& document, const std::vector<search::Place>& places) {
  add_place_terms(document, places);
  auto stored = search::decode_stored(document.get_data());
  if (stored && add_accounts(places, stored->accounts)) document.set_data(search::encode(*stored));
}

}  // namespace mailkeep::indexer
