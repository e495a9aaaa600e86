// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Command: one line to the server whose arguments may be any bytes. What cannot be quoted goes as a
// literal, so that no name and no password can ever begin a command of its own.

#include <string>
#include <string_view>
#include <vector>

#include "common/result.h"

namespace mailkeep::fetcher::imap {

class Command {
 public:
  // can_send_at_once: the server offers LITERAL+ (RFC 7888).
  Command(std::string_view text, bool can_send_at_once);
  ~Command();  // zeroes: a LOGIN holds a password
  Command(Command&&) = default;
  Command(const Command&) = delete;
  Command& operator=(const Command&) = delete;

  Command& text(std::string_view text);
  // Quoted, or as a literal. Config if it holds a NUL, which IMAP cannot carry.
  common::Status string(std::string_view bytes);

  // Written one after the other, each but the first after the server's consent ("+").
  const std::vector<std::string>& segments() const { return segments_; }

 private:
  bool can_send_at_once_;
  std::vector<std::string> segments_;
};

// Unpredictable, so that no answer can be sent before its command.
std::string make_tag();

}  // namespace mailkeep::fetcher::imap
