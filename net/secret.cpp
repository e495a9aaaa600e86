// SPDX-License-Identifier: GPL-3.0-or-later
#include "net/secret.h"

#include <openssl/crypto.h>

#include <utility>

namespace mailkeep::net {

void zero(std::string& bytes) {
  // To the full capacity: a shorter value may lie over the rest of a longer one.
  bytes.resize(bytes.capacity());
  ::OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

// Copied, not moved: a short string moves its bytes and would leave them behind in the old place.
Secret::Secret(std::string&& bytes) : bytes_(bytes) { zero(bytes); }

Secret::Secret(Secret&& other) noexcept : bytes_(std::move(other.bytes_)) { zero(other.bytes_); }

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    zero(bytes_);
    bytes_.swap(other.bytes_);
  }
  return *this;
}

Secret::~Secret() { zero(bytes_); }

}  // namespace mailkeep::net
