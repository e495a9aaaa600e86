// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MaildropSync: one POP3 maildrop, from the server's UIDL list to sealed messages.
//
// A UIDL is only a hint: it says what need not be retrieved again, never what is the same. Identity
// is (UIDL, SHA-256); a blank or repeated UIDL is retrieved in every pass. The object outlives the
// connection: after a cut, run() goes on from what is sealed.

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "common/result.h"
#include "fetcher/batch_writer.h"
#include "fetcher/pop3/session.h"
#include "fetcher/progress.h"
#include "fetcher/sealer.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {

class MaildropSync {
 public:
  struct Tools {
    store::Ledger& ledger;
    Sealer& sealer;
    ProgressReport& progress;
  };

  MaildropSync(const Tools& tools, store::AccountId account) : tools_(tools), account_(account) {}

  // After any error the session is dropped without QUIT. What arrived whole is sealed on return.
  common::Status run(pop3::Session& session);

  std::uint64_t failed() const { return failed_.size(); }
  // A message that broke the connection was given up since the last call of run().
  bool has_given_up() const { return has_given_up_; }

 private:
  using Known = std::set<std::pair<std::string, common::Digest>>;
  // A message as we know it within a pass: its UIDL, and how often that one was met before it.
  using Key = std::pair<std::string, std::uint32_t>;
  struct Wanted {
    Key key;
    pop3::Listed listed;
  };

  common::Status attempt(pop3::Session& session);
  common::Status record_claim(store::EpochId epoch, const pop3::Listing& listing);
  std::vector<Wanted> choose(const pop3::Listing& listing) const;
  common::Status fetch(pop3::Session& session, const std::vector<Wanted>& wanted);
  common::Status take(pop3::Session& session, const Wanted& wanted);
  common::Status fail(const Key& key, std::string_view reason);
  common::Status suspect(const common::Error& error);

  Tools tools_;
  store::AccountId account_;
  std::optional<BatchWriter> writer_;
  Known known_;
  std::optional<Key> in_hand_;
  std::set<Key> suspects_;
  std::set<Key> failed_;
  bool has_given_up_ = false;
};

}  // namespace mailkeep::fetcher
