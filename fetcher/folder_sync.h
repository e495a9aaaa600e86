// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// FolderSync: one IMAP folder, from the server's UID set to sealed messages. The first three of the
// eight stations of docs/architecture.md; run() can be read aloud.
//
// Every UID the server lists ends archived, excluded, failed with a reason, or vanished. The object
// outlives the connection: after a cut, run() is called again with a new session and goes on from
// what is sealed, under whatever UIDVALIDITY the folder has then.

#include <cstdint>
#include <optional>
#include <string>

#include "common/result.h"
#include "fetcher/batch_writer.h"
#include "fetcher/folder_rules.h"
#include "fetcher/imap/message_fetch.h"
#include "fetcher/imap/session.h"
#include "fetcher/progress.h"
#include "fetcher/sealer.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

struct FolderEnd {
  std::uint64_t failed = 0;  // UIDs
  std::optional<store::FolderTrouble> trouble;
};

class FolderSync {
 public:
  struct Tools {
    store::Ledger& ledger;
    Sealer& sealer;
    const FolderRules& rules;
    ProgressReport& progress;
  };

  FolderSync(const Tools& tools, store::AccountId account, std::string folder)
      : tools_(tools), account_(account), folder_(std::move(folder)) {}

  // An error ends the account's pass or asks for a new session (session.is_broken()). Whatever the
  // folder alone is to blame for comes back as its trouble. Everything that arrived complete is
  // sealed on return, error or not, unless sealing itself failed.
  common::Result<FolderEnd> run(imap::Session& session);

  // A message that broke the connection was given up since the last call of run(): another attempt
  // gets further than the last one did.
  bool has_given_up() const { return has_given_up_; }

 private:
  common::Status attempt(imap::Session& session);
  common::Status open(imap::Session& session);
  common::Status record_claim(const store::UidSet& uids, const imap::Mailbox& mailbox);
  common::Status exclude(const store::UidSet& missing);
  common::Status fetch(imap::Session& session, const store::UidSet& missing);
  common::Status record_failed(const imap::MessageFetch& fetch);
  common::Status ask_again(imap::Session& session, const store::UidSet& omitted);
  common::Status record_vanished_or_failed(imap::Session& session, const store::UidSet& omitted);
  common::Status fail(const store::UidSet& uids, std::string_view reason);
  common::Status keep_what_arrived();
  common::Status suspect(store::Uid uid, const common::Error& error);

  Tools tools_;
  store::AccountId account_;
  std::string folder_;
  std::optional<store::Epoch> epoch_;
  std::optional<BatchWriter> writer_;
  store::UidSet suspects_;  // each was arriving when a connection broke: asked for last, alone
  store::UidSet failed_;    // recorded as failed in this pass: not asked for again in it
  std::size_t per_command_ = imap::kMessagesPerFetch;
  bool has_given_up_ = false;
};

}  // namespace mailkeep::fetcher
