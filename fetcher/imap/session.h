// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Session: what archiving needs of IMAP (RFC 3501), and nothing that could change a mailbox:
// folders are opened with EXAMINE, bodies are read with BODY.PEEK[].
//
// Not shared between threads. After an error is_broken() says whether the session can be used on.

#include <deque>
#include <filesystem>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"
#include "fetcher/imap/connection.h"
#include "fetcher/imap/fetch_response.h"
#include "fetcher/imap/limits.h"
#include "fetcher/server.h"
#include "store/body.h"
#include "store/uid_set.h"

namespace mailkeep::fetcher::imap {

// What the server says of the folder that is open; kept up to date by what it says meanwhile.
struct Mailbox {
  std::uint32_t uidvalidity = 0;  // 0: the server gave none
  std::uint32_t exists = 0;
  std::uint32_t uidnext = 0;
  std::uint64_t highestmodseq = 0;
};

struct FetchedMessage {
  store::Uid uid = 0;
  std::string flags;
  std::string internal_date;
  std::optional<std::uint64_t> announced_size;
  std::optional<store::Body> body;  // nothing: it is over the size limit
};

struct Sample {
  store::Uid uid = 0;
  std::optional<std::uint64_t> size;
  std::string internal_date;
};

// Receives the messages of a FETCH in the server's order.
class FetchVisitor {
 public:
  virtual ~FetchVisitor() = default;
  // A body is taken only for a UID that was asked for and has not come yet.
  virtual bool wants(store::Uid uid) const = 0;
  virtual common::Status take(FetchedMessage&& message) = 0;
};

class Session {
 public:
  // data_dir: where bodies too large for memory wait for their sealing.
  static common::Result<std::unique_ptr<Session>> open(const Server& server,
                                                       const std::filesystem::path& data_dir,
                                                       const Limits& limits,
                                                       const StepObserver& on_step,
                                                       std::stop_token stop);

  // Every folder that can be opened, each name once.
  common::Result<std::vector<std::string>> list();

  // NotFound if the server refuses to open it.
  common::Result<Mailbox> examine(std::string_view folder);
  const Mailbox& mailbox() const { return mailbox_; }

  // Every UID of the open folder. Asks in a second way when the first does not give as many as the
  // server says there are.
  common::Result<store::UidSet> all_uids();

  // Sends without waiting. At most kMessagesPerFetch UIDs in at most kCommandLineBytes.
  common::Status send_fetch(const store::UidSet& uids);
  // Reads to the end of the oldest FETCH that was sent, and returns how it ended: OK, NO or BAD.
  common::Result<StatusLine> read_fetch(FetchVisitor& visitor);
  // The message whose body was arriving when the session broke, or the last one that did arrive.
  std::optional<store::Uid> uid_in_hand() const { return uid_in_hand_; }

  // Size and INTERNALDATE of some messages, to see whether UIDs mean what they meant.
  common::Result<std::vector<Sample>> samples(const store::UidSet& uids);

  // --- deletion on the server ------------------------------------------------------------------
  // SELECT. Config without UIDPLUS (RFC 4315), for without it other people's deletions would be
  // carried out too; Conflict if the folder is read-only; NotFound if it cannot be opened.
  common::Result<Mailbox> select_for_deletion(std::string_view folder);
  // \Deleted and \Seen: without \Seen Exchange tells the sender that nobody read it.
  common::Status mark_deleted(const store::UidSet& uids);
  // UID EXPUNGE, and then a look which of them are gone: those are returned.
  common::Result<store::UidSet> uid_expunge(const store::UidSet& uids);
  // Leaves the folder without expunging anything: UNSELECT (RFC 3691), else EXAMINE; never CLOSE.
  common::Status unselect();

  bool is_broken() const { return connection_->is_broken(); }
  void log_out();  // says goodbye, waits for nothing

 private:
  Session(std::unique_ptr<Connection> connection, std::filesystem::path data_dir,
          const Limits& limits);
  common::Result<StatusLine> run(const Command& command,
                                 const Connection::DataHandler& on_data = {});
  common::Result<std::optional<std::vector<ListedFolder>>> try_list(std::string_view pattern);
  common::Result<std::optional<store::UidSet>> search_uids();
  common::Result<std::optional<store::UidSet>> fetch_uids(store::Uid first);
  common::Result<store::UidSet> with_what_follows(store::UidSet found);
  void begin_opening();
  common::Status refuse_made_anew() const;
  void note(const Response& response);
  void note_code(const StatusLine& line);

  std::unique_ptr<Connection> connection_;
  std::filesystem::path data_dir_;
  Limits limits_;
  Mailbox mailbox_;
  bool is_folder_open_ = false;
  bool is_made_anew_ = false;  // another UIDVALIDITY came while it was open
  std::deque<std::string> fetch_tags_;
  std::optional<store::Uid> uid_in_hand_;
  std::string selected_;  // the folder that is open for deletion
};

}  // namespace mailkeep::fetcher::imap
