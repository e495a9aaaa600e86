// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What an IMAP server may make us hold, wait for or believe. A value of its own, so that a test can
// stand at each limit and one beyond it.

#include <cstddef>
#include <cstdint>

namespace mailkeep::fetcher::imap {

struct Limits {
  // A SEARCH answer with two million seven-digit UIDs is one line of 16 MiB.
  std::size_t line_bytes = 16U << 20U;
  // The largest message that is archived.
  std::uint64_t literal_bytes = 1ULL << 30U;
  // A message over the limit is read and thrown away up to this size; beyond it a new connection is
  // cheaper than the bytes.
  std::uint64_t drain_bytes = 16ULL << 20U;
  // Literals other than bodies are names: long ones exist, megabytes do not.
  std::uint64_t text_literal_bytes = 1U << 20U;
  // We ask for flat items only; BODYSTRUCTURE, which nests, comes from servers that were not asked.
  std::size_t nesting = 50;
  // In one response. A LIST or FETCH answer has a few dozen.
  std::size_t tokens = 100'000;
  // Texts and literals of one response together.
  std::size_t response_bytes = 32U << 20U;
  // Untagged responses to one command beyond what it asks for: other clients at work, alerts.
  std::uint64_t stray_responses = 100'000;
  // Folders of one account.
  std::size_t folders = 100'000;
  // Messages of one folder: five times the largest known.
  std::uint64_t messages = 10'000'000;
};

// RFC 2683 §3.2.1.5 asks clients for lines of at most 1,000 octets, and some servers enforce it.
inline constexpr std::size_t kCommandLineBytes = 1000;
// Messages asked for with one FETCH.
inline constexpr std::size_t kMessagesPerFetch = 500;

}  // namespace mailkeep::fetcher::imap
