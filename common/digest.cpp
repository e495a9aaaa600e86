// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/digest.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>

#include <algorithm>

#include "common/check.h"
#include "common/encoding.h"

namespace mailkeep::common {

std::string Digest::hex() const { return to_hex(view()); }

std::optional<Digest> Digest::from_hex(std::string_view hex) {
  const auto bytes = common::from_hex(hex);
  if (!bytes) return std::nullopt;
  return from_bytes(*bytes);
}

std::optional<Digest> Digest::from_bytes(std::string_view bytes) {
  Digest digest;
  if (bytes.size() != digest.bytes.size()) return std::nullopt;
  std::copy(bytes.begin(), bytes.end(), digest.bytes.begin());
  return digest;
}

struct Sha256::Impl {
  EVP_MD_CTX* context = EVP_MD_CTX_new();
  Impl() { start(); }
  ~Impl() { EVP_MD_CTX_free(context); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  void start() const {
    // Fetched once: looking the algorithm up by name for each message costs more than hashing it.
    static const EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    MAILKEEP_CHECK(context != nullptr && EVP_DigestInit_ex(context, algorithm, nullptr) == 1);
  }
};

Sha256::Sha256() : impl_(std::make_unique<Impl>()) {}
Sha256::~Sha256() = default;
Sha256::Sha256(Sha256&&) noexcept = default;
Sha256& Sha256::operator=(Sha256&&) noexcept = default;

void Sha256::update(std::string_view bytes) {
  MAILKEEP_CHECK(EVP_DigestUpdate(impl_->context, bytes.data(), bytes.size()) == 1);
}

Digest Sha256::finish() {
  Digest digest;
  MAILKEEP_CHECK(EVP_DigestFinal_ex(impl_->context, digest.bytes.data(), nullptr) == 1);
  impl_->start();
  return digest;
}

Digest Sha256::of(std::string_view bytes) {
  thread_local Sha256 hash;
  hash.update(bytes);
  return hash.finish();
}

Digest hmac_sha256(std::string_view key, std::string_view value) {
  // RFC 2104 written out over Sha256::of: one message costs two short hashes, no context set-up.
  constexpr std::size_t kBlock = 64;
  std::array<char, kBlock> inner{};
  std::array<char, kBlock> outer{};
  const Digest hashed_key = key.size() > kBlock ? Sha256::of(key) : Digest{};
  const std::string_view used = key.size() > kBlock ? hashed_key.view() : key;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const char byte = i < used.size() ? used[i] : '\0';
    inner[i] = static_cast<char>(byte ^ 0x36);
    outer[i] = static_cast<char>(byte ^ 0x5c);
  }
  thread_local Sha256 hash;
  hash.update({inner.data(), kBlock});
  hash.update(value);
  const Digest first = hash.finish();
  hash.update({outer.data(), kBlock});
  hash.update(first.view());
  return hash.finish();
}

std::string random_bytes(std::size_t count) {
  std::string bytes(count, '\0');
  MAILKEEP_CHECK(
      RAND_bytes(reinterpret_cast<unsigned char*>(bytes.data()), static_cast<int>(count)) == 1);
  return bytes;
}

}  // namespace mailkeep::common
