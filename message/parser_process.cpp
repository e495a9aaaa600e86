// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/parser_process.h"

#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <system_error>

#include "common/deadline.h"
#include "common/encoding.h"
#include "message/parser_pool.h"
#include "message/wire.h"

namespace mailkeep::message {
namespace {

using common::Deadline;
using common::ErrorKind;

constexpr std::uint64_t kLifetimeMessages = 200;
constexpr std::uint64_t kLifetimeBytes = 64ULL << 20U;
constexpr std::chrono::seconds kStartPatience{20};

class SpawnSettings {
 public:
  explicit SpawnSettings(int socket) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, socket, STDOUT_FILENO);
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawnattr_init(&attributes_);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    // A group of its own: ended as one, and a terminal's ^C reaches only the parent.
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(
        &attributes_,
        static_cast<short>(POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF));
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;
  ~SpawnSettings() {
    posix_spawnattr_destroy(&attributes_);
    posix_spawn_file_actions_destroy(&actions_);
  }

  int spawn(pid_t& pid, const std::string& program) const {
    std::string word(kParserChildCommand);
    std::string name = "mailkeep";
    std::array<char*, 3> arguments{name.data(), word.data(), nullptr};
    // No environment: it may hold secrets, and variables that change what the C library loads.
    std::array<char*, 1> environment{nullptr};
    return posix_spawn(&pid, program.c_str(), &actions_, &attributes_, arguments.data(),
                       environment.data());
  }

 private:
  posix_spawn_file_actions_t actions_{};
  posix_spawnattr_t attributes_{};
};

bool wait_for(int socket, short events, const Deadline& deadline, short& ready) {
  pollfd entry{socket, events, 0};
  const int count = poll(&entry, 1, static_cast<int>(deadline.left().count()));
  ready = entry.revents;
  return count > 0 || (count < 0 && errno == EINTR && !deadline.has_passed());
}

bool is_only_busy(ssize_t result) {
  return result < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

}  // namespace

common::Result<std::unique_ptr<ParserProcess>> ParserProcess::start(
    const std::filesystem::path& program) {
  std::array<int, 2> ends{};
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0)
    return common::fail(ErrorKind::Config, "cannot open a socket pair for the parser: {}",
                        std::generic_category().message(errno));
  pid_t pid = -1;
  const int error = SpawnSettings(ends[1]).spawn(pid, program.string());
  close(ends[1]);
  if (error != 0) {
    close(ends[0]);
    return common::fail(ErrorKind::Config, "cannot start the parser {}: {}", program.string(),
                        std::generic_category().message(error));
  }
  std::unique_ptr<ParserProcess> process(new ParserProcess(pid, ends[0]));
  if (!process->wait_for_hello(kStartPatience))
    return common::fail(ErrorKind::Config,
                        "the parser {} ended before it could build its sandbox; the kernel must "
                        "allow seccomp filters",
                        program.string());
  return process;
}

ParserProcess::~ParserProcess() {
  close(socket_);
  kill(-pid_, SIGKILL);
  while (waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) continue;
}

bool ParserProcess::wait_for_hello(std::chrono::milliseconds patience) {
  const Deadline deadline = Deadline::in(patience);
  short ready = 0;
  char hello = 0;
  while (wait_for(socket_, POLLIN, deadline, ready)) {
    const ssize_t got = recv(socket_, &hello, 1, MSG_DONTWAIT);
    if (got == 1) return hello == kHello;
    if (!is_only_busy(got)) return false;
  }
  return false;
}

void ParserProcess::queue(const Request& request) {
  header_.clear();
  header_at_ = body_at_ = 0;
  const std::size_t size = request.raw.size();
  const bool is_worn = lifetime_messages_ >= kLifetimeMessages ||
                       (lifetime_messages_ > 0 && lifetime_bytes_ + size > kLifetimeBytes);
  if (is_worn) {
    common::put_u8(header_, kFrameRetire);
    common::put_u32(header_, 0);
    lifetime_messages_ = lifetime_bytes_ = 0;
  }
  common::put_u8(header_, request.kind);
  common::put_u32(header_, static_cast<std::uint32_t>(request.head.size() + size));
  header_ += request.head;
  ++lifetime_messages_;
  lifetime_bytes_ += size;
}

bool ParserProcess::send_some(std::span<const Request> requests) {
  const std::string_view raw = requests[next_].raw;
  if (header_.empty()) queue(requests[next_]);
  const bool in_header = header_at_ < header_.size();
  const std::string_view rest =
      in_header ? std::string_view(header_).substr(header_at_) : raw.substr(body_at_);
  if (!rest.empty()) {
    // MSG_NOSIGNAL: a dead child is an answer, not a SIGPIPE.
    const ssize_t sent = send(socket_, rest.data(), rest.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (is_only_busy(sent)) return true;
    if (sent < 0) return false;
    (in_header ? header_at_ : body_at_) += static_cast<std::size_t>(sent);
  }
  if (header_at_ == header_.size() && body_at_ == raw.size()) {
    header_.clear();
    ++next_;
  }
  return true;
}

bool ParserProcess::receive_some(std::size_t wanted, const TakeReply& take) {
  std::array<char, 1UL << 16U> chunk;
  const ssize_t got = recv(socket_, chunk.data(), chunk.size(), MSG_DONTWAIT);
  if (is_only_busy(got)) return true;
  if (got <= 0) return false;
  received_.append(chunk.data(), static_cast<std::size_t>(got));
  std::size_t at = 0;
  while (received_.size() - at >= 4) {
    const std::uint32_t length = common::FieldReader(std::string_view(received_).substr(at)).u32();
    if (length > kMaxReplyBytes) return false;
    if (received_.size() - at - 4 < length) break;
    if (done_ == wanted) return false;
    const Taken taken = take(std::string_view(received_).substr(at + 4, length));
    if (taken == Taken::Nonsense) return false;
    if (taken == Taken::Done) ++done_;
    at += 4 + length;
  }
  received_.erase(0, at);
  return true;
}

bool ParserProcess::exchange(std::span<const Request> requests, std::chrono::milliseconds patience,
                             const TakeReply& take) {
  next_ = done_ = 0;
  header_.clear();
  received_.clear();
  Deadline deadline = Deadline::in(patience);
  while (done_ < requests.size()) {
    const bool has_more = next_ < requests.size();
    short ready = 0;
    if (!wait_for(socket_, static_cast<short>(POLLIN | (has_more ? POLLOUT : 0)), deadline, ready))
      return false;
    const std::size_t before = done_;
    if ((ready & (POLLIN | POLLHUP | POLLERR)) != 0 && !receive_some(requests.size(), take))
      return false;
    if ((ready & POLLOUT) != 0 && has_more && !send_some(requests)) return false;
    if (done_ != before) deadline = Deadline::in(patience);
  }
  return received_.empty();
}

}  // namespace mailkeep::message
