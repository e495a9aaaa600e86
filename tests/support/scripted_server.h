// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ScriptedServer: a mail server on loopback that follows a transcript, one for each connection in
// order, and writes down every line it was sent. It can send byte by byte, start TLS and cut the
// line.

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

namespace mailkeep::test {

struct Step {
  enum class Kind { Send, Expect, ExpectBytes, Tls, Stall };
  Kind kind;
  std::string text;
};

// "$TAG" in what is sent is the first word of the line that was expected last.
inline Step raw(std::string bytes) { return {Step::Kind::Send, std::move(bytes)}; }
inline Step send(std::string line) { return raw(std::move(line) + "\r\n"); }
// The next line must hold this text.
inline Step expect(std::string part) { return {Step::Kind::Expect, std::move(part)}; }
// Exactly these bytes must come next.
inline Step expect_bytes(std::string bytes) { return {Step::Kind::ExpectBytes, std::move(bytes)}; }
inline Step start_tls() { return {Step::Kind::Tls, {}}; }
// Nothing more is said until the client goes away.
inline Step stall() { return {Step::Kind::Stall, {}}; }

using Script = std::vector<Step>;

inline Script operator+(Script first, const Script& second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

enum class Slicing { Whole, OneByte };

class ScriptedServer {
 public:
  explicit ScriptedServer(std::vector<Script> sessions, Slicing slicing = Slicing::Whole,
                          SSL_CTX* tls = nullptr)
      : sessions_(std::move(sessions)), slicing_(slicing), tls_(tls) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 16);
    socklen_t size = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::thread([this] { serve(); });
  }

  ~ScriptedServer() { stop(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }

  // Ends the server; after this the records below are whole.
  void stop() {
    stopping_ = true;
    if (thread_.joinable()) thread_.join();
    if (listener_ >= 0) ::close(std::exchange(listener_, -1));
  }

  std::size_t connections() const { return connections_; }
  const std::vector<std::string>& lines() const { return lines_; }        // of all connections
  const std::vector<std::string>& mistakes() const { return mistakes_; }  // of the client

  std::size_t count(std::string_view part) const {
    std::size_t found = 0;
    for (const std::string& line : lines_) found += line.find(part) != std::string::npos ? 1U : 0U;
    return found;
  }

 private:
  struct Line {
    int socket = -1;
    SSL* ssl = nullptr;
    std::string pending;
    std::string tag;
  };

  void serve() {
    while (!stopping_ && connections_ < sessions_.size()) {
      pollfd waiting{listener_, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      Line line;
      line.socket = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
      const int on = 1;
      ::setsockopt(line.socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
      const Script& script = sessions_[connections_++];
      for (const Step& step : script) {
        if (!follow(line, step)) break;
      }
      if (line.ssl != nullptr) ::SSL_free(line.ssl);
      // What is still unread would turn the end into a reset, which may overtake what was sent.
      ::shutdown(line.socket, SHUT_WR);
      drain(line.socket);
      ::close(line.socket);
    }
  }

  bool follow(Line& line, const Step& step) {
    switch (step.kind) {
      case Step::Kind::Send:
        return send_all(line, with_tag(step.text, line.tag));
      case Step::Kind::Expect:
        return expect_line(line, step.text);
      case Step::Kind::ExpectBytes:
        while (line.pending.size() < step.text.size()) {
          if (!receive(line)) return mistake("ended instead of sending " + step.text);
        }
        if (line.pending.compare(0, step.text.size(), step.text) != 0) {
          return mistake("sent " + line.pending + " instead of " + step.text);
        }
        line.pending.erase(0, step.text.size());
        return true;
      case Step::Kind::Tls:
        line.ssl = ::SSL_new(tls_);
        ::SSL_set_fd(line.ssl, line.socket);
        return ::SSL_accept(line.ssl) == 1;
      case Step::Kind::Stall:
        while (receive(line)) {
        }
        return false;
    }
    return false;
  }

  static std::string with_tag(std::string text, const std::string& tag) {
    for (auto at = text.find("$TAG"); at != std::string::npos; at = text.find("$TAG", at)) {
      text.replace(at, 4, tag);
    }
    return text;
  }

  bool expect_line(Line& line, const std::string& part) {
    std::size_t end = 0;
    while ((end = line.pending.find("\r\n")) == std::string::npos) {
      if (!receive(line)) return mistake("ended instead of sending " + part);
    }
    const std::string got = line.pending.substr(0, end);
    line.pending.erase(0, end + 2);
    lines_.push_back(got);
    line.tag = got.substr(0, got.find(' '));
    return got.find(part) != std::string::npos || mistake("sent " + got + " instead of " + part);
  }

  bool mistake(std::string text) {
    mistakes_.push_back(std::move(text));
    return false;
  }

  bool send_all(Line& line, std::string_view bytes) {
    while (!bytes.empty()) {
      const std::size_t size = slicing_ == Slicing::OneByte ? 1 : bytes.size();
      const auto sent =
          line.ssl != nullptr
              ? static_cast<ssize_t>(::SSL_write(line.ssl, bytes.data(), static_cast<int>(size)))
              : ::send(line.socket, bytes.data(), size, MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  bool receive(Line& line) {
    char buffer[4096];
    while (!stopping_) {
      pollfd waiting{line.socket, POLLIN, 0};
      const bool has_more = line.ssl != nullptr && ::SSL_pending(line.ssl) > 0;
      if (!has_more && ::poll(&waiting, 1, 20) <= 0) continue;
      const auto got = line.ssl != nullptr
                           ? static_cast<ssize_t>(::SSL_read(line.ssl, buffer, sizeof buffer))
                           : ::recv(line.socket, buffer, sizeof buffer, 0);
      if (got <= 0) return false;
      line.pending.append(buffer, static_cast<std::size_t>(got));
      return true;
    }
    return false;
  }

  void drain(int socket) const {
    char buffer[4096];
    while (!stopping_) {
      pollfd waiting{socket, POLLIN, 0};
      if (::poll(&waiting, 1, 20) <= 0) continue;
      if (::recv(socket, buffer, sizeof buffer, 0) <= 0) return;
    }
  }

  std::vector<Script> sessions_;
  Slicing slicing_;
  SSL_CTX* tls_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  std::atomic<bool> stopping_{false};
  std::atomic<std::size_t> connections_{0};
  std::vector<std::string> lines_;
  std::vector<std::string> mistakes_;
  std::thread thread_;
};

}  // namespace mailkeep::test
