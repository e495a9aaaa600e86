// SPDX-License-Identifier: GPL-3.0-or-later
// A relay on loopback that holds back every byte for a while, each way, without limiting how many
// are under way: a long line of any width.
//
//   delay_relay TARGET_PORT MILLISECONDS   prints its own port, then works until its input ends

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

struct Piece {
  Clock::time_point due;
  std::string bytes;  // empty: the end
};

// One direction of one connection.
struct Way {
  int from;
  int to;
  std::deque<Piece> under_way;
  bool has_ended = false;  // nothing more comes in

  void take_in(Clock::duration delay) {
    std::array<char, 65536> room{};
    const ssize_t got = ::read(from, room.data(), room.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    has_ended = got <= 0;
    const auto size = static_cast<std::size_t>(std::max<ssize_t>(got, 0));
    under_way.push_back({Clock::now() + delay, std::string(room.data(), size)});
  }

  void give_out(Clock::time_point now) {
    while (!under_way.empty() && under_way.front().due <= now) {
      Piece& piece = under_way.front();
      if (piece.bytes.empty()) {
        ::shutdown(to, SHUT_WR);
      } else {
        const ssize_t put = ::send(to, piece.bytes.data(), piece.bytes.size(), MSG_NOSIGNAL);
        if (put < 0 && errno == EAGAIN) return;
        if (put > 0 && static_cast<std::size_t>(put) < piece.bytes.size()) {
          piece.bytes.erase(0, static_cast<std::size_t>(put));
          return;
        }
      }
      under_way.pop_front();
    }
  }

  bool is_over() const { return has_ended && under_way.empty(); }
};

struct Pair {
  Pair(int client, int server) : there{client, server, {}}, back{server, client, {}} {}
  Pair(const Pair&) = delete;
  Pair& operator=(const Pair&) = delete;
  ~Pair() {
    ::close(there.from);
    ::close(there.to);
  }
  Way there;
  Way back;
};

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void make_quick(int socket) {
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::fcntl(socket, F_SETFL, O_NONBLOCK);
}

std::unique_ptr<Pair> accept_one(int listener, int target) {
  const int client = ::accept(listener, nullptr, nullptr);
  const int server = ::socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(target);
  if (::connect(server, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    std::perror("delay_relay: connect");
    std::exit(1);
  }
  make_quick(client);
  make_quick(server);
  return std::make_unique<Pair>(client, server);
}

int listen_anywhere() {
  const int listener = ::socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  if (::bind(listener, reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::listen(listener, 64) != 0 ||
      ::getsockname(listener, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    std::perror("delay_relay: listen");
    std::exit(1);
  }
  std::printf("%d\n", ntohs(address.sin_port));
  std::fflush(stdout);
  return listener;
}

// Until the next piece is due; at most a second.
timespec until_due(const std::vector<std::unique_ptr<Pair>>& pairs) {
  Clock::duration wait = std::chrono::seconds(1);
  for (const auto& pair : pairs) {
    for (const Way* way : {&pair->there, &pair->back}) {
      if (!way->under_way.empty()) wait = std::min(wait, way->under_way.front().due - Clock::now());
    }
  }
  const auto left =
      std::max<std::int64_t>(0, std::chrono::duration_cast<std::chrono::nanoseconds>(wait).count());
  return {left / 1'000'000'000, left % 1'000'000'000};
}

}  // namespace

int main(int count, char** words) {
  if (count != 3) {
    std::fprintf(stderr, "usage: delay_relay TARGET_PORT MILLISECONDS\n");
    return 2;
  }
  const int target = std::atoi(words[1]);
  const auto delay = std::chrono::milliseconds(std::atoi(words[2]));
  const int listener = listen_anywhere();
  std::vector<std::unique_ptr<Pair>> pairs;
  for (;;) {
    std::vector<pollfd> polled{{0, POLLIN, 0}, {listener, POLLIN, 0}};
    for (const auto& pair : pairs) {
      for (const Way* way : {&pair->there, &pair->back})
        polled.push_back({way->has_ended ? -1 : way->from, POLLIN, 0});
    }
    const timespec wait = until_due(pairs);
    if (::ppoll(polled.data(), polled.size(), &wait, nullptr) < 0 && errno != EINTR) return 1;
    if (polled[0].revents != 0) return 0;
    for (std::size_t i = 0; i < pairs.size(); ++i) {
      if (polled[2 + 2 * i].revents != 0) pairs[i]->there.take_in(delay);
      if (polled[3 + 2 * i].revents != 0) pairs[i]->back.take_in(delay);
      pairs[i]->there.give_out(Clock::now());
      pairs[i]->back.give_out(Clock::now());
    }
    std::erase_if(pairs,
                  [](const auto& pair) { return pair->there.is_over() && pair->back.is_over(); });
    if (polled[1].revents != 0) pairs.push_back(accept_one(listener, target));
  }
}
