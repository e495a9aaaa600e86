// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/stored_data.h"

#include <zstd.h>

#include "common/encoding.h"
#include "indexer/search/schema.h"

namespace mailkeep::search {
namespace {

constexpr std::uint8_t kVersion = 2;
constexpr int kLevel = 1;  // texts are small and written far more often than read

bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

std::string folded_beginning(std::string_view text) {
  std::string folded;
  for (const char c : text) {
    if (folded.size() >= kStoredTextBytes && !is_continuation(c)) break;
    if (!is_white(c))
      folded.push_back(c);
    else if (!folded.empty() && folded.back() != ' ')
      folded.push_back(' ');
  }
  return folded;
}

void put_list(std::string& out, const std::vector<std::string>& list) {
  common::put_u32(out, static_cast<std::uint32_t>(list.size()));
  for (const std::string& item : list) common::put_field(out, item);
}

std::vector<std::string> read_list(common::FieldReader& in) {
  std::vector<std::string> list;
  for (std::uint32_t left = in.u32(); left > 0 && in.ok(); --left) list.emplace_back(in.field());
  return list;
}

}  // namespace

std::string encode(const StoredData& data) {
  std::string out;
  common::put_u8(out, kVersion);
  common::put_u64(out, data.size);
  common::put_field(out, data.from);
  common::put_field(out, data.to);
  common::put_field(out, data.subject);
  common::put_field(out, data.message_id);
  common::put_field(out, data.in_reply_to);
  put_list(out, data.references);
  common::put_u8(out, data.has_attachments ? 1 : 0);
  put_list(out, data.unsearchable);
  common::put_field(out, data.packed_text);
  return out;
}

std::optional<StoredData> decode_stored(std::string_view bytes) {
  common::FieldReader in(bytes);
  if (in.u8() != kVersion) return std::nullopt;
  StoredData data;
  data.size = in.u64();
  data.from = in.field();
  data.to = in.field();
  data.subject = in.field();
  data.message_id = in.field();
  data.in_reply_to = in.field();
  data.references = read_list(in);
  data.has_attachments = in.u8() != 0;
  data.unsearchable = read_list(in);
  data.packed_text = in.field();
  if (!in.ok()) return std::nullopt;
  return data;
}

std::string pack_text(std::string_view text) {
  const std::string folded = folded_beginning(text);
  if (folded.empty()) return {};
  std::string packed(ZSTD_compressBound(folded.size()), '\0');
  const std::size_t size =
      ZSTD_compress(packed.data(), packed.size(), folded.data(), folded.size(), kLevel);
  if (ZSTD_isError(size) != 0) return {};
  packed.resize(size);
  return packed;
}

std::string unpack_text(std::string_view packed) {
  const unsigned long long size = ZSTD_getFrameContentSize(packed.data(), packed.size());
  if (packed.empty() || size > 2 * kStoredTextBytes) return {};
  std::string text(size, '\0');
  const std::size_t got = ZSTD_decompress(text.data(), text.size(), packed.data(), packed.size());
  if (ZSTD_isError(got) != 0 || got != size) return {};
  return text;
}

}  // namespace mailkeep::search
