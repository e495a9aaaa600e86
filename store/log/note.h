// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Notes: text signed with Ed25519 in the C2SP signed-note form, and the tlog-checkpoint text in it.
// Pure. Keys are 32 bytes each; the private one is the RFC 8032 seed.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/clock.h"
#include "common/digest.h"

namespace mailkeep::store {

struct SigningKey {
  std::string name;  // the origin of the log: no space, no '+'
  std::string seed;
};
struct VerifyingKey {
  std::string name;
  std::string key;
};

SigningKey make_signing_key(std::string name);
VerifyingKey public_half(const SigningKey& key);

// "PRIVATE+KEY+<name>+<key id>+<base64>" and "<name>+<key id>+<base64>".
std::string to_text(const SigningKey& key);
std::string to_text(const VerifyingKey& key);
std::optional<SigningKey> signing_key_from(std::string_view text);
std::optional<VerifyingKey> verifying_key_from(std::string_view text);

struct CheckpointText {
  std::string origin;
  std::uint64_t size = 0;
  common::Digest root;
  common::Micros time = 0;

  bool operator==(const CheckpointText&) const = default;
};

std::string sign_note(const CheckpointText& text, const SigningKey& key);

// The text, if the note has exactly the form that sign_note() writes. Says nothing of who signed.
std::optional<CheckpointText> parse_note(std::string_view note);
bool is_signed_by(std::string_view note, const VerifyingKey& key);

}  // namespace mailkeep::store
