// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Hexadecimal, base64 (RFC 4648 §4), big-endian integers, percent-decoding.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailkeep::common {

std::string to_hex(std::string_view bytes);                  // lower case
std::optional<std::string> from_hex(std::string_view text);  // either case, even length

std::string to_base64(std::string_view bytes);                  // with padding
std::optional<std::string> from_base64(std::string_view text);  // strict: padding, no white space

// %XX as in RFC 3986 §2.1; nothing where an escape is broken.
std::optional<std::string> percent_decode(std::string_view text);

void put_u8(std::string& out, std::uint8_t value);
void put_u32(std::string& out, std::uint32_t value);       // big-endian
void put_u64(std::string& out, std::uint64_t value);       // big-endian
void put_field(std::string& out, std::string_view bytes);  // u32 length, then the bytes

// Reads what the put_ functions wrote. After a short read ok() is false and every value is zero.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : rest_(bytes) {}
  std::uint8_t u8();
  std::uint32_t u32();
  std::uint64_t u64();
  std::string_view field();  // a view into the bytes given to the constructor
  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }

 private:
  std::string_view take(std::size_t count);
  std::string_view rest_;
  bool ok_ = true;
};

}  // namespace mailkeep::common
