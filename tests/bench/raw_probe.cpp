// SPDX-License-Identifier: GPL-3.0-or-later
// The least that a client can do, over TLS: what the line and the server allow, to measure against.
//
//   raw_probe look HOST PORT USER PASSWORD              log in and EXAMINE INBOX
//   raw_probe fetch HOST PORT USER PASSWORD FIRST LAST  and read UIDs FIRST to LAST, one FETCH
//   raw_probe retr HOST PORT USER PASSWORD LAST         POP3: messages 1 to LAST, pipelined
//
// Bytes are counted and thrown away, certificates are not looked at: never a model for a client.
// Prints the messages and bytes that it read.

#include <netdb.h>
#include <netinet/tcp.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace {

[[noreturn]] void die(const char* what, std::string_view detail = {}) {
  std::fprintf(stderr, "raw_probe: %s %.*s\n", what, static_cast<int>(detail.size()),
               detail.data());
  std::exit(1);
}

int connect_to(const char* host, const char* port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host, port, &hints, &found) != 0) die("no such host", host);
  const int socket = ::socket(found->ai_family, SOCK_STREAM, 0);
  if (::connect(socket, found->ai_addr, found->ai_addrlen) != 0) die("cannot connect to", host);
  const int one = 1;
  ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  ::freeaddrinfo(found);
  return socket;
}

class Line {
 public:
  Line(const char* host, const char* port) : buffer_(256U << 10U) {
    SSL_CTX* context = ::SSL_CTX_new(::TLS_client_method());
    ssl_ = ::SSL_new(context);
    ::SSL_set_fd(ssl_, connect_to(host, port));
    if (::SSL_connect(ssl_) != 1) die("no TLS with", host);
  }

  void write(std::string_view text) {
    if (::SSL_write(ssl_, text.data(), static_cast<int>(text.size())) <= 0) die("cannot write");
  }

  // Without its end; good until the next call.
  std::string_view read_line() {
    for (std::size_t seen = 0;;) {
      const char* start = buffer_.data() + begin_;
      const void* end = std::memchr(start + seen, '\n', end_ - begin_ - seen);
      if (end != nullptr) {
        const auto size = static_cast<std::size_t>(static_cast<const char*>(end) - start);
        begin_ += size + 1;
        return {start, size > 0 && start[size - 1] == '\r' ? size - 1 : size};
      }
      seen = end_ - begin_;
      fill();
    }
  }

  void skip(std::uint64_t count) {
    while (count > 0) {
      if (begin_ == end_) fill();
      const auto here = static_cast<std::size_t>(std::min<std::uint64_t>(count, end_ - begin_));
      begin_ += here;
      count -= here;
    }
  }

 private:
  void fill() {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
    if (end_ == buffer_.size()) die("a line is too long");
    const int got =
        ::SSL_read(ssl_, buffer_.data() + end_, static_cast<int>(buffer_.size() - end_));
    if (got <= 0) die("the server hung up");
    end_ += static_cast<std::size_t>(got);
  }

  SSL* ssl_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

struct Read {
  std::uint64_t messages = 0;
  std::uint64_t bytes = 0;
};

// Through the answer to the command with this tag; literals are skipped by their length.
Read read_answer(Line& line, std::string_view tag) {
  Read read;
  for (;;) {
    const std::string_view text = line.read_line();
    if (text.ends_with('}')) {
      const std::size_t open = text.rfind('{');
      std::uint64_t size = 0;
      std::from_chars(text.data() + open + 1, text.data() + text.size() - 1, size);
      line.skip(size);
      ++read.messages;
      read.bytes += size;
    } else if (text.starts_with(tag)) {
      if (text.substr(tag.size(), 3) != " OK") die("the server said", text);
      return read;
    }
  }
}

Read imap(Line& line, char** words, int count) {
  line.read_line();
  const std::string login = std::string("A LOGIN ") + words[0] + " " + words[1] + "\r\n";
  line.write(login);
  read_answer(line, "A");
  line.write("B EXAMINE INBOX\r\n");
  read_answer(line, "B");
  Read read;
  if (count == 4) {
    line.write(std::string("C UID FETCH ") + words[2] + ":" + words[3] +
               " (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n");
    read = read_answer(line, "C");
  }
  line.write("D LOGOUT\r\n");
  return read;
}

void expect_ok(Line& line) {
  const std::string_view text = line.read_line();
  if (!text.starts_with('+')) die("the server said", text);
}

Read pop3(Line& line, char** words) {
  constexpr long kAhead = 1000;
  const long last = std::atol(words[2]);
  expect_ok(line);
  line.write(std::string("USER ") + words[0] + "\r\nPASS " + words[1] + "\r\n");
  expect_ok(line);
  expect_ok(line);
  Read read;
  long sent = 0;
  for (long got = 0; got < last; ++got) {
    std::string commands;
    while (sent - got <= kAhead / 2 && sent < last && commands.size() < 12'000) {
      commands += "RETR " + std::to_string(++sent) + "\r\n";
    }
    if (!commands.empty()) line.write(commands);
    expect_ok(line);
    for (;;) {
      const std::string_view text = line.read_line();
      if (text == ".") break;
      read.bytes += text.size() + 2;
    }
    ++read.messages;
  }
  line.write("QUIT\r\n");
  return read;
}

}  // namespace

int main(int count, char** words) {
  const std::string_view what = count > 1 ? words[1] : "";
  const bool fits = (what == "look" && count == 6) || (what == "fetch" && count == 8) ||
                    (what == "retr" && count == 7);
  if (!fits) die("usage: raw_probe look|fetch|retr HOST PORT USER PASSWORD [FIRST] [LAST]");
  Line line(words[2], words[3]);
  const Read read = what == "retr" ? pop3(line, words + 4) : imap(line, words + 4, count - 4);
  std::printf("%llu messages, %llu bytes\n", static_cast<unsigned long long>(read.messages),
              static_cast<unsigned long long>(read.bytes));
  return 0;
}
