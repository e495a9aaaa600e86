// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Session: what archiving needs of POP3 (RFC 1939): RETR alone for content, never TOP; DELE only
// for those who have made sure that the message is archived.
//
// Not shared between threads. A session that is dropped without quit() ends without QUIT: nothing
// is deleted then. On QUIT the server deletes what DELE named, and some servers mark, hide or
// remove what was retrieved: call it only when all is sealed.

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <set>
#include <span>
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
  std::string_view uidl;              // may be blank or repeated: a hint, never an identity
  std::optional<std::uint64_t> size;  // as LIST says; servers round, guess and lie
};

// Moved, never copied: the UIDLs lie in bytes of its own.
struct Listing {
  std::vector<Listed> messages;  // ascending by number, each once
  bool has_uidls = true;         // false: the server does not know UIDL
  std::vector<char> bytes;       // of the UIDLs

  Listing() = default;
  Listing(Listing&&) noexcept = default;
  Listing& operator=(Listing&&) noexcept = default;
};

// What the server is known for already, and what this attempt has taught. Not used after open().
struct Manners {
  bool capa_hangs = false;  // CAPA hangs or ends the connection: it is not asked for
};

class Session {
 public:
  // Errors: Auth, Busy (the maildrop is locked), Throttled, Tls, Network, Timeout, Protocol.
  static common::Result<std::unique_ptr<Session>> open(
      const Server& server, const std::filesystem::path& data_dir, const Limits& limits,
      const StepObserver& on_step, std::stop_token stop, Manners* manners = nullptr);

  common::Result<Listing> list();

  bool can_pipeline() const { return offers("PIPELINING"); }
  // The server wants time between two logins (RFC 2449 §6.5).
  bool has_login_delay() const { return offers("LOGIN-DELAY"); }

  // All in one write. Without PIPELINING: one, and the next after its answer.
  common::Status send_retr(std::span<const std::uint32_t> numbers);
  common::Status send_retr(std::uint32_t number) { return send_retr({&number, 1}); }
  // The message that was asked for first; nothing if the server refuses it. Limit if it is larger
  // than Limits::message_bytes; after this and any other error the session is of no more use.
  common::Result<std::optional<store::Body>> read_retr();
  // The last error was that two answers may have run into one: retrieve one message at a time.
  bool has_run_together() const { return has_run_together_; }

  // Marks the messages for deletion, which happens on quit(): the numbers the server agreed to.
  common::Result<std::vector<std::uint32_t>> mark_deleted(std::span<const std::uint32_t> numbers);

  // Whether the server said that it did what it was asked to. After an error that is not known.
  common::Result<bool> quit();

 private:
  struct Answer {
    bool is_ok = false;
    std::string code;  // RFC 2449 §8: "IN-USE", "AUTH", "SYS/TEMP"
    std::string text;
  };

  Session(std::unique_ptr<net::ByteStream> stream, std::filesystem::path data_dir,
          const Limits& limits);
  // capa_failed is set when it was CAPA that the server did not survive.
  static common::Result<std::unique_ptr<Session>> attempt(
      const Server& server, const std::filesystem::path& data_dir, const Limits& limits,
      const StepObserver& on_step, std::stop_token stop, bool asks_capa, bool& capa_failed);
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
  common::Status read_content(store::BodyWriter& writer);
  common::Result<bool> ends_at_dot(std::string& content);
  common::Status each_line(const std::function<common::Status(std::string_view)>& visit);
  bool offers(std::string_view capability) const;

  std::unique_ptr<net::ByteStream> stream_;
  std::filesystem::path data_dir_;
  Limits limits_;
  bool has_capabilities_ = false;
  std::set<std::string, std::less<>> capabilities_;  // upper case; "SASL PLAIN" for a mechanism
  std::size_t retrs_under_way_ = 0;
  std::size_t noops_under_way_ = 0;
  bool has_run_together_ = false;
};

}  // namespace mailkeep::fetcher::pop3
