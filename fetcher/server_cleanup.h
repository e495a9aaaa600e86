// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ServerCleanup: deletes on the server what is archived and old enough (--delete-after-archive),
// and nothing else. Off unless the account says so.
//
// Each deletion is evidence: "intended" stands in the log before the first command is sent, "done"
// after the server has carried it out. What a crash leaves between the two, the next pass finds
// out. The archive keeps everything. One thread; the sealer was drained before.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/result.h"
#include "fetcher/deletion_proof.h"
#include "fetcher/imap/session.h"
#include "fetcher/maildrop_sync.h"
#include "fetcher/pop3/session.h"
#include "store/accounts.h"
#include "store/archive.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

class ServerCleanup {
 public:
  ServerCleanup(store::Archive& archive, store::Ledger& ledger, store::Lease& lease,
                const store::Account& account);

  bool is_wanted() const { return account_.settings.delete_after_days.has_value(); }

  // POP3: DELE before QUIT, and after QUIT the record of what the server said to it.
  common::Status before_quit(pop3::Session& session, const pop3::Listing& listing,
                             const MaildropSync::Retrieved& retrieved);
  common::Status after_quit(bool is_done);
  // A known UIDL was found to have other bytes.
  bool has_met_stranger() const { return has_met_stranger_; }

  // IMAP: the folder is opened for writing only if there is something to delete, and left without
  // expunging more than that. epoch: the newest of its folder.
  common::Status clean_folder(imap::Session& session, const store::Epoch& epoch);

  std::uint64_t deleted() const { return deleted_; }
  // One sentence, if something that is old enough was not deleted; else empty.
  const std::string& refusal() const { return refusal_; }

 private:
  struct Place {  // of a UIDL that only one message has
    std::uint32_t number = 0;
    std::uint64_t size = 0;
  };
  using Places = std::map<std::string_view, Place>;

  common::Micros until() const;
  common::Status each_old(
      store::EpochId epoch,
      const std::function<common::Status(std::vector<store::Sighted>&&)>& visit) const;
  common::Status settle(store::EpochId epoch, const Places& places);
  common::Result<std::vector<store::Sighted>> still_there(pop3::Session& session,
                                                          std::vector<store::Sighted>&& messages,
                                                          const Places& places,
                                                          MaildropSync::Retrieved& retrieved);
  common::Status retrieve(pop3::Session& session, const std::vector<Place>& places,
                          MaildropSync::Retrieved& retrieved) const;
  common::Status mark(pop3::Session& session, const std::vector<store::Sighted>& messages,
                      const Places& places);
  common::Status clean_open_folder(imap::Session& session, const store::Epoch& epoch,
                                   const store::Deletions& before);
  common::Result<std::vector<store::Sighted>> still_there(
      imap::Session& session, std::vector<store::Sighted>&& messages) const;
  common::Status expunge(imap::Session& session, store::EpochId epoch,
                         const std::vector<store::Sighted>& messages);
  common::Status record(store::DeletionState state, const std::vector<std::string>& uidls,
                        std::string detail);
  common::Status record(store::EpochId epoch, store::DeletionState state, const store::UidSet& uids,
                        std::string detail);
  std::string rule() const;
  void refuse(const std::string& why);

  store::Archive& archive_;
  store::Ledger& ledger_;
  const store::Account& account_;
  DeletionProof proof_;
  store::EpochId maildrop_{};
  std::vector<std::string> marked_;  // UIDLs that the server will delete on QUIT
  std::uint64_t deleted_ = 0;
  std::string refusal_;
  bool has_met_stranger_ = false;
};

}  // namespace mailkeep::fetcher
