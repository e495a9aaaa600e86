// SPDX-License-Identifier: GPL-3.0-or-later
#include "api/cursor.h"

#include <algorithm>

#include "common/check.h"
#include "common/digest.h"
#include "common/encoding.h"

namespace mailkeep::api {

namespace {

constexpr std::size_t kMaxBytes = 4096;
constexpr std::size_t kSealBytes = 16;  // half of an HMAC is enough against guessing (RFC 2104 §5)
constexpr std::uint8_t kVersion = 1;

// RFC 4648 §5 without padding, as it stands in a URL.
std::string to_base64url(std::string_view bytes) {
  std::string text = common::to_base64(bytes);
  std::ranges::replace(text, '+', '-');
  std::ranges::replace(text, '/', '_');
  while (text.ends_with('=')) text.pop_back();
  return text;
}

std::optional<std::string> from_base64url(std::string text) {
  if (text.find_first_of("+/=") != std::string::npos) return std::nullopt;
  std::ranges::replace(text, '-', '+');
  std::ranges::replace(text, '_', '/');
  while (text.size() % 4 != 0) text += '=';
  return common::from_base64(text);
}

std::string seal(const std::string& key, std::string_view purpose, std::string_view packed) {
  std::string sealed = "mailkeep cursor";
  common::put_field(sealed, purpose);
  common::put_field(sealed, packed);
  return std::string(common::hmac_sha256(key, sealed).view().substr(0, kSealBytes));
}

bool equal_in_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) {
    difference |=
        static_cast<unsigned char>(a[i]) ^ static_cast<unsigned>(static_cast<unsigned char>(b[i]));
  }
  return difference == 0;
}

}  // namespace

CursorCodec::CursorCodec(std::string key) : key_(std::move(key)) {
  MAILKEEP_CHECK(key_.size() == 32);
}

std::string CursorCodec::encode(std::string_view purpose,
                                const std::vector<std::string>& fields) const {
  std::string packed;
  common::put_u8(packed, kVersion);
  for (const std::string& field : fields) common::put_field(packed, field);
  std::string cursor = to_base64url(seal(key_, purpose, packed) + packed);
  MAILKEEP_CHECK(cursor.size() <= kMaxBytes);
  return cursor;
}

tl::expected<std::vector<std::string>, Problem> CursorCodec::decode(std::string_view purpose,
                                                                    std::string_view cursor) const {
  const auto refused =
      refuse("bad-cursor", "this cursor does not belong to this list; begin again without it");
  if (cursor.size() > kMaxBytes) return refused;
  const auto bytes = from_base64url(std::string(cursor));
  if (!bytes || bytes->size() <= kSealBytes || to_base64url(*bytes) != cursor) return refused;
  const std::string_view packed = std::string_view(*bytes).substr(kSealBytes);
  if (!equal_in_constant_time(seal(key_, purpose, packed),
                              std::string_view(*bytes).substr(0, kSealBytes))) {
    return refused;
  }
  common::FieldReader reader(packed);
  if (reader.u8() != kVersion) return refused;
  std::vector<std::string> fields;
  while (reader.ok() && !reader.at_end()) fields.emplace_back(reader.field());
  if (!reader.ok()) return refused;
  return fields;
}

}  // namespace mailkeep::api
