// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// StoredData: what a hit shows, kept in the document beside its terms. Private to indexer/.
//
// Version 2: u8 2, u64 size, field(from), field(to), field(subject), field(message-id),
// field(in-reply-to), u32 count, field(reference)..., u8 has attachments, u32 count,
// field(reason)..., field(text compressed with zstd). The id and the date stand in kSlotOrder, the
// accounts in kSlotAccounts.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::search {

struct StoredData {
  std::uint64_t size = 0;
  std::string from;
  std::string to;
  std::string subject;
  std::string message_id;
  std::string in_reply_to;
  std::vector<std::string> references;
  bool has_attachments = false;
  std::vector<std::string> unsearchable;
  std::string packed_text;  // pack_text() of the beginning of the text
};

std::string encode(const StoredData& data);
std::optional<StoredData> decode_stored(std::string_view bytes);

// Folds white space, keeps at most kStoredTextBytes, compresses.
std::string pack_text(std::string_view text);
std::string unpack_text(std::string_view packed);  // empty if it is damaged

}  // namespace mailkeep::search
