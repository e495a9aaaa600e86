// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/vault.h"

#include <sodium.h>

#include <algorithm>
#include <cstdlib>

#include "common/check.h"
#include "common/digest.h"
#include "common/encoding.h"
#include "common/printable.h"
#include "store/private_files.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

constexpr std::size_t kNonceBytes = crypto_aead_xchacha20poly1305_ietf_NPUBBYTES;
constexpr std::size_t kTagBytes = crypto_aead_xchacha20poly1305_ietf_ABYTES;
constexpr std::size_t kHexDigits = 64;
static_assert(crypto_aead_xchacha20poly1305_ietf_KEYBYTES * 2 == kHexDigits);

std::filesystem::path key_file(const std::filesystem::path& data_dir) {
  return data_dir / "secret.key";
}

// The key that systemd hands to the service, if it does.
std::filesystem::path credential_file() {
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");  // NOLINT(concurrency-mt-unsafe)
  if (directory == nullptr || *directory == '\0') return {};
  auto file = std::filesystem::path(directory) / "mailkeep-secret-key";
  std::error_code error;
  return std::filesystem::exists(file, error) ? file : std::filesystem::path();
}

std::string associated_data(AccountId account, Vault::Use use) {
  std::string data = use == Vault::Use::Fetch ? "mailkeep-secret-v1" : "mailkeep-smtp-secret-v1";
  common::put_u64(data, static_cast<std::uint64_t>(number(account)));
  return data;
}

const unsigned char* unsigned_bytes(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

unsigned char* unsigned_bytes(std::string& bytes) {
  return reinterpret_cast<unsigned char*>(bytes.data());
}

void wipe(std::string& secret) { sodium_memzero(secret.data(), secret.size()); }

}  // namespace

Status Vault::make_key(const std::filesystem::path& data_dir) {
  MAILKEEP_CHECK(sodium_init() >= 0);
  std::error_code error;
  if (!credential_file().empty() || std::filesystem::exists(key_file(data_dir), error)) return {};
  std::string key = common::random_bytes(kHexDigits / 2);
  std::string text = common::to_hex(key) + "\n";
  auto written = write_new_private_file(key_file(data_dir), text);
  wipe(key);
  wipe(text);
  // Another process made it at the same moment: its key is as good.
  if (!written && written.error().kind == ErrorKind::Conflict) return {};
  return written;
}

Result<Vault> Vault::open(const std::filesystem::path& data_dir) {
  MAILKEEP_CHECK(sodium_init() >= 0);
  const auto credential = credential_file();
  const auto file = credential.empty() ? key_file(data_dir) : credential;
  MAILKEEP_TRY(text, read_private_file(file, kHexDigits + 2));
  if (!text)
    return fail(ErrorKind::Config,
                "the key {} is missing: put it back from its copy, or set each account's password "
                "again",
                common::printable(file.native()));
  while (!text->empty() && (text->back() == '\n' || text->back() == '\r')) text->pop_back();
  auto key = common::from_hex(*text);
  wipe(*text);
  if (!key || key->size() != kHexDigits / 2)
    return fail(ErrorKind::Config,
                "{} is no key: it must hold 64 hexadecimal digits, as openssl rand -hex 32 prints",
                common::printable(file.native()));
  Vault vault;
  std::copy(key->begin(), key->end(), vault.key_.begin());
  wipe(*key);
  return vault;
}

Vault::Vault(Vault&& other) noexcept : key_(other.key_) {
  sodium_memzero(other.key_.data(), other.key_.size());
}

Vault::~Vault() { sodium_memzero(key_.data(), key_.size()); }

std::string Vault::key_id() const {
  const std::string_view key(reinterpret_cast<const char*>(key_.data()), key_.size());
  return common::to_hex(common::Sha256::of(key).view().substr(0, 8));
}

std::string Vault::seal(AccountId account, std::string_view secret, Use use) const {
  std::string sealed = common::random_bytes(kNonceBytes);
  sealed.resize(kNonceBytes + secret.size() + kTagBytes);
  const std::string data = associated_data(account, use);
  unsigned char* const nonce = unsigned_bytes(sealed);
  const int code = crypto_aead_xchacha20poly1305_ietf_encrypt(
      nonce + kNonceBytes, nullptr, unsigned_bytes(secret), secret.size(), unsigned_bytes(data),
      data.size(), nullptr, nonce, key_.data());
  MAILKEEP_CHECK(code == 0);
  return sealed;
}

Result<std::string> Vault::unseal(AccountId account, std::string_view sealed,
                                  std::string_view sealed_key_id, Use use) const {
  if (sealed_key_id != key_id())
    return fail(ErrorKind::Config,
                "the password was sealed under the key {}, and the key at hand is {}: put the "
                "right key back or set the password again",
                common::printable(sealed_key_id), key_id());
  const auto altered = [] {
    return fail(ErrorKind::Config,
                "the sealed password does not belong to this account or was altered: set the "
                "password again");
  };
  if (sealed.size() < kNonceBytes + kTagBytes) return altered();
  const std::string data = associated_data(account, use);
  const std::string_view body = sealed.substr(kNonceBytes);
  std::string secret(body.size() - kTagBytes, '\0');
  const int code = crypto_aead_xchacha20poly1305_ietf_decrypt(
      unsigned_bytes(secret), nullptr, nullptr, unsigned_bytes(body), body.size(),
      unsigned_bytes(data), data.size(), unsigned_bytes(sealed), key_.data());
  if (code != 0) return altered();
  return secret;
}

}  // namespace mailkeep::store
