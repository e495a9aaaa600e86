// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/secrets.h"

#include "common/encoding.h"

namespace mailkeep::store {

std::string random_secret() {
  std::string text = common::to_base64(common::random_bytes(32));
  while (text.ends_with('=')) text.pop_back();
  for (char& c : text) {  // RFC 4648 §5
    if (c == '+') c = '-';
    if (c == '/') c = '_';
  }
  return text;
}

std::string random_word(std::size_t length) {
  constexpr std::string_view kLetters = "abcdefghijkmnpqrstuvwxyz23456789";  // 32, none alike
  static_assert(kLetters.size() == 32);
  std::string word = common::random_bytes(length);
  for (char& c : word) c = kLetters[static_cast<unsigned char>(c) % kLetters.size()];
  return word;
}

common::Digest hash_of_secret(std::string_view secret) { return common::Sha256::of(secret); }

}  // namespace mailkeep::store
