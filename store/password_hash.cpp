// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/password_hash.h"

#include <sodium.h>

#include <algorithm>
#include <array>
#include <semaphore>

#include "common/check.h"
#include "common/digest.h"
#include "common/printable.h"
#include "store/users.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;

std::counting_semaphore<2>& hashing_slots() {
  static std::counting_semaphore<2> slots(2);
  return slots;
}

class HashingSlot {
 public:
  HashingSlot() { hashing_slots().acquire(); }
  ~HashingSlot() { hashing_slots().release(); }
  HashingSlot(const HashingSlot&) = delete;
  HashingSlot& operator=(const HashingSlot&) = delete;
};

std::size_t count_characters(std::string_view utf8) {
  return static_cast<std::size_t>(std::count_if(utf8.begin(), utf8.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U;
  }));
}

const std::string& hash_of_nothing_known() {
  static const std::string hash = hash_password(common::random_bytes(32));
  return hash;
}

}  // namespace

common::Status check_new_password(std::string_view password) {
  if (password.size() > kPasswordMaxBytes || !common::is_valid_utf8(password) ||
      password.find_first_of(std::string_view("\r\n\0", 3)) != std::string_view::npos)
    return fail(ErrorKind::Usage, "a password is one line of UTF-8 of at most {} bytes",
                kPasswordMaxBytes);
  if (count_characters(password) < kPasswordMinCharacters)
    return fail(ErrorKind::Usage, "a password has at least {} characters", kPasswordMinCharacters);
  return {};
}

std::string hash_password(std::string_view password) {
  MAILKEEP_CHECK(sodium_init() >= 0);
  const HashingSlot slot;
  std::array<char, crypto_pwhash_STRBYTES> hash{};
  // It fails only where there is no memory, which ends the program.
  MAILKEEP_CHECK(crypto_pwhash_str(hash.data(), password.data(), password.size(),
                                   crypto_pwhash_OPSLIMIT_INTERACTIVE,
                                   crypto_pwhash_MEMLIMIT_INTERACTIVE) == 0);
  return {hash.data()};
}

bool is_password(std::string_view password, const std::optional<std::string>& hash) {
  // Order: made before the slot is taken, and for each who asks first, whatever the name.
  const std::string& nothing = hash_of_nothing_known();
  const HashingSlot slot;
  const std::string& known = hash ? *hash : nothing;
  const bool fits = crypto_pwhash_str_verify(known.c_str(), password.data(), password.size()) == 0;
  return fits && hash.has_value();
}

}  // namespace mailkeep::store
