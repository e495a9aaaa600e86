// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MaildropSync: one POP3 maildrop, from the server's UIDL list to sealed messages.
//
// A UIDL is only a hint: it says what need not be retrieved again, never what is the same. Identity
// is (UIDL, SHA-256); a blank or repeated UIDL is retrieved in every pass. In each pass one or two
// known ones are retrieved again: if one has other bytes than it had, the server counts its UIDLs
// anew, and everything is retrieved. The object outlives the connection: after a cut, run()
// goes on from what is sealed. One thread.

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "common/result.h"
#include "fetcher/batch_writer.h"
#include "fetcher/maildrop_habits.h"
#include "fetcher/pop3/session.h"
#include "fetcher/progress.h"
#include "fetcher/sealer.h"
#include "store/ledger.h"
#include "store/rescue.h"

namespace mailkeep::fetcher {

class MaildropSync {
 public:
  // What lies under which number of this session, as retrieved in it.
  using Retrieved = std::map<std::uint32_t, common::Digest>;
  // Called when everything is sealed, before QUIT. After an error there is no QUIT.
  using BeforeQuit =
      std::function<common::Status(pop3::Session&, const pop3::Listing&, const Retrieved&)>;
  // Called after QUIT: whether the server said that it carried everything out.
  using AfterQuit = std::function<common::Status(bool)>;

  // Called when a habit was found out: durable on return, because a crash must not forget it.
  using Remember = std::function<common::Status(const MaildropHabits&)>;

  struct Tools {
    store::Ledger& ledger;
    Sealer& sealer;
    ProgressReport& progress;
    MaildropHabits& habits;
    const store::Rescue* rescue = nullptr;
    std::uint64_t turn = 0;  // of passes: which known message is looked at
    Remember remember = {};
    BeforeQuit before_quit = {};
    AfterQuit after_quit = {};
  };

  MaildropSync(Tools tools, store::AccountId account)
      : tools_(std::move(tools)), account_(account) {}

  // After any error the session is dropped without QUIT. What arrived whole is sealed on return; if
  // the database cannot do that, it is rescued.
  common::Status run(pop3::Session& session);

  // The server may offer more in another session: it has shown nothing but new messages.
  bool wants_another_session() const { return wants_another_; }
  std::uint64_t failed() const { return failed_.size(); }
  // A message that broke the connection was given up since the last call of run().
  bool has_given_up() const { return has_given_up_; }

 private:
  using Known = std::set<std::pair<std::string, common::Digest>>;
  // A message as we know it within a pass: its UIDL, and how often that one was met before it.
  using Key = std::pair<std::string, std::uint32_t>;
  struct Wanted {
    std::uint32_t index = 0;  // in the listing
    std::uint32_t nth = 0;    // how often its UIDL was met before it
    bool is_telling = false;  // no other message has its UIDL
    bool is_sample = false;   // known, and retrieved to see whether it is still the same
  };
  struct Choice {
    std::vector<Wanted> wanted;
    std::vector<Wanted> trusted;  // whose UIDL says that they are known
  };
  struct Doubt {  // a known UIDL that has other bytes now
    Wanted message;
    common::Digest digest;
  };

  common::Status attempt(pop3::Session& session);
  common::Status record_claim(store::EpochId epoch) const;
  Choice choose() const;
  void add_samples(Choice& choice);
  bool hides_last_session() const;
  common::Status decide_on_another(bool shows_only_new, bool has_login_delay);
  void take_known(Known&& known);
  common::Status remember(const MaildropHabits& habits);
  common::Status fetch(pop3::Session& session, const std::vector<Wanted>& wanted);
  std::size_t send(pop3::Session& session, const std::vector<Wanted>& wanted, std::size_t from,
                   std::uint64_t& bytes, common::Status& status) const;
  common::Status take(pop3::Session& session, const Wanted& wanted);
  common::Status look_twice(pop3::Session& session, const Doubt& doubt);
  common::Status retrieve_all(pop3::Session& session, std::vector<Wanted> trusted);
  common::Status finish(pop3::Session& session);
  common::Status sabotage_deletion(pop3::Session& session) const;
  common::Status seal_now();
  void rescue();
  common::Status fail(const Key& key, std::string_view reason);
  common::Status suspect(const common::Error& error);
  std::uint64_t size_of(const Wanted& wanted) const;
  Key key_of(const Wanted& wanted) const;
  bool is_known(std::string_view uidl) const;

  Tools tools_;
  store::AccountId account_;
  std::optional<BatchWriter> writer_;
  pop3::Listing listing_;
  Retrieved retrieved_;
  Known known_;
  std::unordered_set<common::Digest> contents_;  // of known_, under whatever UIDL
  std::set<std::string> open_;                   // UIDLs that failed and were not archived since
  std::optional<Doubt> doubt_;
  std::optional<Key> in_hand_;
  std::set<Key> suspects_;
  std::set<Key> failed_;
  std::set<std::string, std::less<>> last_session_;  // UIDLs that it brought, new ones
  std::set<std::string, std::less<>> this_session_;
  std::set<std::string, std::less<>> this_pass_;
  std::uint64_t arrived_ = 0;       // in this session, under a UIDL of their own
  std::uint64_t arrived_last_ = 0;  // in the session before
  bool one_at_a_time_ = false;
  bool has_given_up_ = false;
  bool wants_another_ = false;
};

}  // namespace mailkeep::fetcher
