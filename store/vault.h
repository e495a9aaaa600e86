// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Vault: seals the accounts' secrets under a key that never enters the store. Private to store/.
//
// The key is 64 hexadecimal digits in $CREDENTIALS_DIRECTORY/mailkeep-secret-key (systemd) or in
// <data>/secret.key (0600). Sealed bytes: 24 bytes of nonce, then XChaCha20-Poly1305-IETF over the
// secret with the associated data "mailkeep-secret-v1" (the password of the mailbox) or
// "mailkeep-smtp-secret-v1" and the account's id (u64), so that no secret can be given to another
// account or another server. The key's id is the first 8 bytes of its
// SHA-256 in hex. Errors: Config (no key, another key, a key that others may read), Disk.

#include <array>
#include <filesystem>
#include <string>
#include <string_view>

#include "common/result.h"
#include "store/ids.h"

namespace mailkeep::store {

class Vault {
 public:
  enum class Use { Fetch, Send };

  // Makes <data>/secret.key unless there is a key already.
  static common::Status make_key(const std::filesystem::path& data_dir);
  static common::Result<Vault> open(const std::filesystem::path& data_dir);
  ~Vault();
  Vault(Vault&& other) noexcept;
  Vault(const Vault&) = delete;
  Vault& operator=(const Vault&) = delete;
  Vault& operator=(Vault&&) = delete;

  std::string key_id() const;
  std::string seal(AccountId account, std::string_view secret, Use use = Use::Fetch) const;
  // Config if it was sealed under another key, for another account, or was altered.
  common::Result<std::string> unseal(AccountId account, std::string_view sealed,
                                     std::string_view sealed_key_id, Use use = Use::Fetch) const;

 private:
  Vault() = default;
  std::array<unsigned char, 32> key_{};
};

}  // namespace mailkeep::store
