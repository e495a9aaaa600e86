// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MessageFetch: fetches a set of messages of the open folder, several commands ahead of the
// answers, and tells apart what came, what the server passed over in silence and what it refused. A
// refused set is halved until the messages that spoil it stand alone.

#include <deque>
#include <set>
#include <vector>

#include "common/result.h"
#include "fetcher/batch_writer.h"
#include "fetcher/imap/session.h"
#include "fetcher/imap/uid_chunks.h"
#include "store/uid_set.h"

namespace mailkeep::fetcher::imap {

class MessageFetch final : public FetchVisitor {
 public:
  MessageFetch(Session& session, BatchWriter& writer) : session_(session), writer_(writer) {}

  // per_command: kMessagesPerFetch, or 1 to ask for each by itself. After an error, what had
  // arrived complete is with the writer.
  common::Status run(const store::UidSet& uids, std::size_t per_command);

  const store::UidSet& omitted() const { return omitted_; }      // OK, but no message
  const store::UidSet& refused() const { return refused_; }      // NO or BAD
  const store::UidSet& too_large() const { return too_large_; }  // over Limits::literal_bytes
  // A text of the server's own came instead of the message.
  const store::UidSet& placeholders() const { return placeholders_; }

  bool wants(store::Uid uid) const override;
  common::Status take(FetchedMessage&& message) override;

 private:
  using Pending = std::set<store::Uid>;  // of one command: asked for and not come yet

  common::Status send_ahead(UidChunks& chunks, std::size_t per_command);
  void settle(const StatusLine& answer, Pending&& left);
  bool is_hopeless() const;

  Session& session_;
  BatchWriter& writer_;
  std::deque<Pending> in_flight_;
  std::vector<store::UidSet> halves_;  // refused sets, to be asked for again in parts
  store::UidSet omitted_;
  store::UidSet refused_;
  store::UidSet too_large_;
  store::UidSet placeholders_;
  bool has_received_ = false;
};

}  // namespace mailkeep::fetcher::imap
