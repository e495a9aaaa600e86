// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What a POP3 server may make us hold, wait for or believe. A value of its own, so that a test can
// stand at each limit and one beyond it.

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace mailkeep::fetcher::pop3 {

struct Limits {
  // RFC 2449 §4 allows 512 octets; servers write longer greetings and errors.
  std::size_t line_bytes = 64U << 10U;
  // The largest message that is archived.
  std::uint64_t message_bytes = 1ULL << 30U;
  // Messages in one maildrop.
  std::size_t messages = 5'000'000;
  // All UIDLs together: 70 octets each (RFC 1939 §7) for more than three million messages.
  std::size_t uidl_bytes = 256U << 20U;
  // Lines of a CAPA answer.
  std::size_t capabilities = 200;
  // Old servers hang when asked for CAPA; a living one answers at once.
  std::chrono::milliseconds capa_wait{10'000};
};

// RETR commands ahead of their answers where the server offers PIPELINING: enough for a line of 50
// ms.
inline constexpr std::size_t kMessagesAhead = 100;
inline constexpr std::uint64_t kBytesAhead = 4U << 20U;

}  // namespace mailkeep::fetcher::pop3
