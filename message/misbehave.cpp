// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/misbehave.h"

#ifdef MAILKEEP_FAULT_POINTS

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace mailkeep::message {
namespace {

constexpr std::string_view kHeader = "X-Mailkeep-Test-Parser: ";

std::string_view wish_of(std::string_view raw) {
  raw = raw.substr(0, 4096);
  const std::size_t at = raw.find(kHeader);
  if (at == std::string_view::npos) return {};
  raw.remove_prefix(at + kHeader.size());
  return raw.substr(0, raw.find_first_of("\r\n"));
}

void exhaust_memory() {
  std::string hoard;
  for (;;) hoard.append(1UL << 24U, 'x');
}

void loop_for_ever() {
  for (volatile bool is_on = true; is_on;) continue;
}

}  // namespace

// Each wish returns if the cage lets it pass, so that the message then comes back unmarked and the
// test fails.
void misbehave_if_asked(std::string_view raw) {
  const std::string_view wish = wish_of(raw);
  if (wish.empty()) return;
  if (wish == "die") std::raise(SIGSEGV);
  if (wish == "loop") loop_for_ever();
  if (wish == "memory") exhaust_memory();
  if (wish == "garble") static_cast<void>(!write(STDOUT_FILENO, "\0\0\0\4junk", 8));
  if (wish == "open" && open("/etc/hostname", O_RDONLY | O_CLOEXEC) < 0) std::raise(SIGABRT);
  if (wish == "connect") static_cast<void>(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (wish == "fork") static_cast<void>(fork());
  if (wish == "exec") execl("/bin/true", "true", nullptr);
}

}  // namespace mailkeep::message

#endif
