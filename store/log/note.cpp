// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/log/note.h"

#include <fmt/format.h>
#include <sodium.h>

#include <charconv>
#include <utility>

#include "common/check.h"
#include "common/encoding.h"

namespace mailkeep::store {
namespace {

constexpr char kEd25519 = '\x01';  // C2SP signed-note: signature type of Ed25519
constexpr std::size_t kKeyIdBytes = 4;
constexpr std::size_t kKeyBytes = 32;
constexpr std::string_view kPrivatePrefix = "PRIVATE+KEY+";
constexpr std::string_view kSignatureLead = "\xe2\x80\x94 ";  // U+2014 and a space
constexpr std::string_view kTimeLead = "time ";

const unsigned char* bytes_of(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
unsigned char* bytes_of(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

std::string key_id(const VerifyingKey& key) {
  const common::Digest digest =
      common::Sha256::of(fmt::format("{}\n{}{}", key.name, kEd25519, key.key));
  return std::string(digest.view().substr(0, kKeyIdBytes));
}

std::string private_key(const SigningKey& key, std::string* public_key) {
  MAILKEEP_CHECK(sodium_init() >= 0 && key.seed.size() == crypto_sign_SEEDBYTES);
  std::string secret(crypto_sign_SECRETKEYBYTES, '\0');
  std::string open(crypto_sign_PUBLICKEYBYTES, '\0');
  crypto_sign_seed_keypair(bytes_of(open), bytes_of(secret), bytes_of(std::string_view(key.seed)));
  if (public_key != nullptr) *public_key = std::move(open);
  return secret;
}

struct KeyText {
  std::string_view name;
  std::string_view id;
  std::string key;
};

// "<name>+<8 hexadecimal digits>+<base64 of the type and 32 bytes>"
std::optional<KeyText> split_key(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  const auto first = text.find('+');
  if (first == std::string_view::npos) return std::nullopt;
  const auto second = text.find('+', first + 1);  // base64 may hold further ones
  if (second == std::string_view::npos) return std::nullopt;
  auto key = common::from_base64(text.substr(second + 1));
  if (!key || key->size() != kKeyBytes + 1 || key->front() != kEd25519) return std::nullopt;
  return KeyText{text.substr(0, first), text.substr(first + 1, second - first - 1), key->substr(1)};
}

std::string text_of(const CheckpointText& text) {
  return fmt::format("{}\n{}\n{}\n{}{}\n", text.origin, text.size,
                     common::to_base64(text.root.view()), kTimeLead, text.time);
}

std::string_view take_line(std::string_view& rest) {
  const auto end = rest.find('\n');
  const std::string_view line = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return line;
}

template <class Number>
bool read_number(std::string_view text, Number& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

SigningKey make_signing_key(std::string name) {
  return {std::move(name), common::random_bytes(kKeyBytes)};
}

VerifyingKey public_half(const SigningKey& key) {
  VerifyingKey half{key.name, {}};
  private_key(key, &half.key);
  return half;
}

std::string to_text(const SigningKey& key) {
  return fmt::format("{}{}+{}+{}", kPrivatePrefix, key.name,
                     common::to_hex(key_id(public_half(key))),
                     common::to_base64(std::string(1, kEd25519) + key.seed));
}

std::string to_text(const VerifyingKey& key) {
  return fmt::format("{}+{}+{}", key.name, common::to_hex(key_id(key)),
                     common::to_base64(std::string(1, kEd25519) + key.key));
}

std::optional<SigningKey> signing_key_from(std::string_view text) {
  if (!text.starts_with(kPrivatePrefix)) return std::nullopt;
  const auto parts = split_key(text.substr(kPrivatePrefix.size()));
  if (!parts) return std::nullopt;
  SigningKey key{std::string(parts->name), parts->key};
  if (common::to_hex(key_id(public_half(key))) != parts->id) return std::nullopt;
  return key;
}

std::optional<VerifyingKey> verifying_key_from(std::string_view text) {
  const auto parts = split_key(text);
  if (!parts) return std::nullopt;
  VerifyingKey key{std::string(parts->name), parts->key};
  if (common::to_hex(key_id(key)) != parts->id) return std::nullopt;
  return key;
}

std::string sign_note(const CheckpointText& text, const SigningKey& key) {
  const std::string signed_text = text_of(text);
  const std::string secret = private_key(key, nullptr);
  std::string signature(crypto_sign_BYTES, '\0');
  crypto_sign_detached(bytes_of(signature), nullptr, bytes_of(std::string_view(signed_text)),
                       signed_text.size(), bytes_of(std::string_view(secret)));
  return fmt::format("{}\n{}{} {}\n", signed_text, kSignatureLead, key.name,
                     common::to_base64(key_id(public_half(key)) + signature));
}

std::optional<CheckpointText> parse_note(std::string_view note) {
  CheckpointText text;
  std::string_view rest = note;
  text.origin = take_line(rest);
  const bool has_size = read_number(take_line(rest), text.size);
  const auto root = common::from_base64(take_line(rest));
  const auto digest = root ? common::Digest::from_bytes(*root) : std::nullopt;
  const std::string_view time = take_line(rest);
  if (!has_size || !digest || !time.starts_with(kTimeLead)) return std::nullopt;
  text.root = *digest;
  if (!read_number(time.substr(kTimeLead.size()), text.time)) return std::nullopt;
  // One text has one form: whatever the fields read above do not give back is not ours.
  const bool is_exact = note.starts_with(text_of(text)) && rest.starts_with("\n");
  if (!is_exact) return std::nullopt;
  return text;
}

bool is_signed_by(std::string_view note, const VerifyingKey& key) {
  const auto gap = note.find("\n\n");
  if (gap == std::string_view::npos || sodium_init() < 0) return false;
  const std::string_view signed_text = note.substr(0, gap + 1);
  std::string_view line = note.substr(gap + 2);
  const std::string lead = fmt::format("{}{} ", kSignatureLead, key.name);
  if (!line.starts_with(lead) || !line.ends_with('\n')) return false;
  line.remove_prefix(lead.size());
  line.remove_suffix(1);
  const auto bytes = common::from_base64(line);
  if (!bytes || bytes->size() != kKeyIdBytes + crypto_sign_BYTES) return false;
  if (bytes->substr(0, kKeyIdBytes) != key_id(key)) return false;
  const std::string signature = bytes->substr(kKeyIdBytes);
  return crypto_sign_verify_detached(bytes_of(std::string_view(signature)), bytes_of(signed_text),
                                     signed_text.size(), bytes_of(std::string_view(key.key))) == 0;
}

}  // namespace mailkeep::store
