// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Session: what archiving needs of POP3 (RFC 1939), and nothing that could change a maildrop: RETR
// alone for content, never TOP, never DELE.
//
// Not shared between threads. A session that is dropped without quit() ends without QUIT, on which
// some servers mark or delete what was retrieved: call it only when all is sealed.

#include <cstdint>
#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "fetcher/pop3/limits.h"
#include "fetcher/server.h"
#include "net/stream.h"
#include "store/body.h"

namespace mailkeep::fetcher::pop3 {

struct Listed {
  std::uint32_t number = 0;           // in this session only
  std::string uidl;                   // may be blank or repeated: a hint, never an identity
  std::optional<std::uint64_t> size;  // as LIST says; servers round, guess and lie
};

struct Listing {
  std::vector<Listed> messages;
  bool has_uidls = true;  // false: the server does not know UIDL
};

class Session {
 public:
  // Errors: Auth, Busy (the maildrop is locked), Throttled, Tls, Network, Timeout, Protocol.
  static common::Result<std::unique_ptr<Session>> open(const Server& server,
                                                       const std::filesystem::path& data_dir,
                                                       const Limits& limits,
                                                       const StepObserver& on_step,
                                                       std::stop_token stop);

  common::Result<Listing> list();

  bool can_pipeline() const { return offers("PIPELINING"); }
  common::Status send_retr(std::uint32_t number);
  // The message that was asked for first; nothing if the server refuses it. Limit if it is larger
  // than Limits::message_bytes; after this and any other error the session is of no more use.
  common::Result<std::optional<store::Body>> read_retr();

  void quit();

 private:
  struct Answer {
    bool is_ok = false;
    std::string code;  // RFC 2449 §8: "IN-USE", "AUTH", "SYS/TEMP"
    std::string text;
  };

  Session(std::unique_ptr<net::ByteStream> stream, std::filesystem::path data_dir,
          const Limits& limits);
  // capa_failed is set when it was CAPA that the server did not survive.
  static common::Result<std::unique_ptr<Session>> attempt(const Server& server,
                                                          const std::filesystem::path& data_dir,
                                                          const Limits& limits,
                                                          const StepObserver& on_step,
                                                          std::stop_token stop, bool& capa_failed);
  common::Status greet();
  common::Status secure(const Server& server, const StepObserver& on_step, bool& capa_failed,
                        bool asks_capa);
  common::Status ask_capabilities(const Server& server, bool& capa_failed);
  common::Status authenticate(const Server& server);
  common::Result<Answer> authenticate_plain(const net::Credentials& credentials);
  common::Result<Answer> user_and_pass(const net::Credentials& credentials);
  common::Result<Answer> command(std::string_view line);
  common::Result<Answer> read_answer();
  common::Status write_line(std::string_view line);
  common::Status each_line(const std::function<common::Status(std::string_view)>& visit);
  bool offers(std::string_view capability) const;

  std::unique_ptr<net::ByteStream> stream_;
  std::filesystem::path data_dir_;
  Limits limits_;
  bool has_capabilities_ = false;
  std::set<std::string, std::less<>> capabilities_;  // upper case; "SASL PLAIN" for a mechanism
};

}  // namespace mailkeep::fetcher::pop3
