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
  // Messages in one maildrop; each costs 40 bytes and its UIDL while the maildrop is worked on.
  std::size_t messages = 2'000'000;
  // All UIDLs together: 32 octets each for two million messages (RFC 1939 §7 allows 70 each).
  std::size_t uidl_bytes = 64U << 20U;
  // Lines of a CAPA answer.
  std::size_t capabilities = 200;
  // Old servers hang when asked for CAPA; a living one answers at once.
  std::chrono::milliseconds capa_wait{10'000};
  // Silence after a line that ends with a dot, after which the server is asked whether it is done.
  std::chrono::milliseconds dot_wait{3'000};
};

// RETR commands ahead of their answers where the server offers PIPELINING: a window of bytes, as
// far as LIST tells, that keeps a line of 50 ms busy. The number of commands is bounded as well, so
// that they fit into the server's buffer together: a server that waits to be read while we wait to
// be read would wait for ever.
inline constexpr std::uint64_t kBytesAhead = 4U << 20U;
inline constexpr std::size_t kCommandsAhead = 1000;

}  // namespace mailkeep::fetcher::pop3
