// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// SHA-256 (FIPS 180-4) as a value and as a running hash, and HMAC-SHA-256 (RFC 2104).

#include <array>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace mailkeep::common {

struct Digest {
  std::array<std::uint8_t, 32> bytes{};

  auto operator<=>(const Digest&) const = default;

  // The 32 bytes as they go into a database column.
  std::string_view view() const {
    return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
  }
  std::string hex() const;  // 64 lower-case digits
  static std::optional<Digest> from_hex(std::string_view hex);
  static std::optional<Digest> from_bytes(std::string_view bytes);  // exactly 32 bytes
};

// Not shared between threads.
class Sha256 {
 public:
  Sha256();
  ~Sha256();
  Sha256(Sha256&&) noexcept;
  Sha256& operator=(Sha256&&) noexcept;

  void update(std::string_view bytes);
  Digest finish();  // the object may be used for a new message afterwards

  static Digest of(std::string_view bytes);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

Digest hmac_sha256(std::string_view key, std::string_view value);

// Bytes from the kernel's random source; ends the process if there is none.
std::string random_bytes(std::size_t count);

}  // namespace mailkeep::common

template <>
struct std::hash<mailkeep::common::Digest> {
  std::size_t operator()(const mailkeep::common::Digest& digest) const noexcept {
    std::size_t value = 0;  // the digest is uniform already: its first bytes are a hash
    for (std::size_t i = 0; i < sizeof value; ++i) value = (value << 8U) | digest.bytes[i];
    return value;
  }
};
