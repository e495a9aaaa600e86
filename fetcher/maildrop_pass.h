// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MaildropPass: the sessions of one pass over a POP3 account: one, or as many as it takes where the
// server shows its mail in parts; what is learnt of the server is remembered for the next pass.

#include <cstdint>
#include <functional>
#include <optional>
#include <stop_token>

#include "common/result.h"
#include "fetcher/maildrop_habits.h"
#include "fetcher/maildrop_sync.h"
#include "fetcher/pop3/session.h"
#include "fetcher/progress.h"
#include "fetcher/sealer.h"
#include "fetcher/server.h"
#include "fetcher/server_cleanup.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

class MaildropPass {
 public:
  struct Tools {
    store::Archive& archive;
    store::Ledger& ledger;
    Sealer& sealer;
    ProgressReport& progress;
    ServerCleanup& cleanup;
  };
  // Whether the pass may connect anew after this error; has_given_up: over a message that broke it.
  using MayReconnect = std::function<bool(const common::Error&, bool has_given_up)>;

  // turn: which of the account's passes this is.
  MaildropPass(const Tools& tools, const store::Account& account, std::uint64_t turn)
      : tools_(tools), account_(account), turn_(turn) {}

  common::Status run(const Server& server, const MayReconnect& may_reconnect,
                     const std::stop_token& stop);

  std::uint64_t failed() const { return failed_; }  // messages
  const std::optional<store::FolderTrouble>& trouble() const { return trouble_; }

 private:
  common::Status recall();
  common::Status remember(const MaildropHabits& habits);
  common::Status remember_capa();
  common::Status run_sessions(MaildropSync& sync, const Server& server,
                              const MayReconnect& may_reconnect, const std::stop_token& stop);
  MaildropSync::Tools tools_of_sync(const store::Rescue& rescue);

  Tools tools_;
  const store::Account& account_;
  std::uint64_t turn_;
  MaildropHabits habits_;
  MaildropHabits remembered_;
  pop3::Manners manners_;
  std::uint64_t failed_ = 0;
  std::optional<store::FolderTrouble> trouble_;
};

}  // namespace mailkeep::fetcher
