// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one table of what is searchable: field -> term prefix, kind, names in a query, help. The
// writer, the query language and its help all derive from it. Whoever changes anything here that
// alters terms, values or stored data raises kSchemaVersion; an index of another version is built
// anew.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::search {

inline constexpr std::string_view kSchemaVersion = "4";

// Keys of the index's metadata.
inline constexpr const char* kMetaSchema = "schema";
inline constexpr const char* kMetaWatermark = "watermark";

// Value slots. Numbers are big-endian, so that bytes compare as they do.
inline constexpr unsigned kSlotOrder = 0;  // u64 seconds + 1 (0: undated), the 32 bytes of the id
inline constexpr unsigned kSlotSize = 1;   // u64 bytes
inline constexpr unsigned kSlotPosition = 2;  // u64 log position of the first sighting
inline constexpr unsigned kSlotAccounts = 3;  // see seen_in.h
inline constexpr unsigned kSlotSender = 4;    // address of the first From in lower case

// Longer words are left out: nobody types them, and base64 that was pasted into a text would fill
// the index with them.
inline constexpr unsigned kMaxWordBytes = 64;
// What is kept of a text to cut snippets from.
inline constexpr std::size_t kStoredTextBytes = 64UL << 10U;

enum class FieldKind {
  Text,     // words with positions; a bare word searches all of these
  Boolean,  // whole values, compared without case
  Digest,   // the message's own id or the beginning of it
  Date,     // a day, month, year or range
  After,
  Before,
  Larger,
  Smaller,
};

enum class FieldId {
  Body,
  Subject,
  From,
  To,
  Cc,
  Bcc,
  Filename,
  Account,
  Custodian,
  Folder,
  MessageId,
  References,
  Type,
  Has,
  Unsearchable,
  Sha256,
  Date,
  After,
  Before,
  Larger,
  Smaller,
};

struct Field {
  FieldId id;
  FieldKind kind;
  std::string_view prefix;  // of its terms; body words have none
  std::string_view name;    // in queries
  std::string_view alias;   // another name, or empty
  std::string_view help;
};

std::span<const Field> fields();
const Field& field_of(FieldId id);
const Field* find_field(std::string_view name);  // null if no field is called so
std::string field_names();                       // "account, after, ..." for messages

// Lower case by Unicode, as words are indexed.
std::string fold_case(std::string_view text);

// The term of a whole value. Values too long for a term stand in it as their SHA-256.
std::string boolean_term(FieldId field, std::string_view value);
// The term that only this message has.
std::string unique_term(std::string_view id_hex);

std::string order_value(std::optional<std::int64_t> date, std::string_view id_bytes);
std::string number_value(std::uint64_t number);
// Cut off behind a whole character; an address of more than that is nobody's.
std::string sender_value(std::string_view address);
inline constexpr std::size_t kMaxSenderBytes = 200;
// The value of kSlotOrder, read back.
std::optional<std::int64_t> date_of_order(std::string_view value);
std::string_view id_of_order(std::string_view value);

// Where a message was seen.
struct Place {
  std::string account;
  std::string custodian;
  std::string folder;         // as people read it
  std::int64_t position = 0;  // of the sighting in the log
};

// Those of the custodian and the folder stand twice: as they are, and in the name of the account.
// Whoever is confined to accounts asks by the latter, and learns nothing of other places.
std::vector<std::string> terms_of(const Place& place);
// What the account's own terms begin with.
std::string account_prefix(std::string_view account);
bool is_of_place(FieldId field);  // account, custodian, folder

}  // namespace mailkeep::search
