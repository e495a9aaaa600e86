// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// MaildropHabits: how a POP3 server treats what was retrieved, known beforehand or found out.

#include <string_view>

namespace mailkeep::fetcher {

struct MaildropHabits {
  // What was retrieved is not offered again: at once or after QUIT. Then each message is sealed
  // before the next one is asked for, so that a crash costs none.
  bool hides_retrieved = false;
  // A session offers only a part of the mailbox: sessions are repeated until one brings nothing
  // new, and nobody can tell whether that was all.
  bool offers_part = false;
  // The same message comes with other bytes each time: comparing proves nothing.
  bool alters_messages = false;

  // Each session has other UIDLs: they are not looked at.
  bool changes_uidls = false;
  // The server gave out its UIDLs anew, and not everything was retrieved again yet.
  bool distrusts_uidls = false;

  bool operator==(const MaildropHabits&) const = default;

  // Gmail offers the oldest 250 or so conversations that were not yet retrieved.
  static MaildropHabits of(std::string_view host) {
    const bool is_gmail = host == "pop.gmail.com" || host == "pop.googlemail.com";
    return {is_gmail, is_gmail, false, false, false};
  }
};

}  // namespace mailkeep::fetcher
