// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// How long an SMTP server is waited for. The defaults are those of RFC 5321 §4.5.3.2; parameters,
// so that a test need not wait ten minutes.

#include <chrono>

namespace mailkeep::reply {

struct SmtpPatience {
  std::chrono::milliseconds connect{30'000};  // all addresses together
  std::chrono::milliseconds tls{30'000};
  std::chrono::milliseconds greeting{300'000};
  std::chrono::milliseconds command{300'000};     // for each answer, however many lines it has
  std::chrono::milliseconds data{120'000};        // for 354
  std::chrono::milliseconds block{180'000};       // for 64 KiB of the message
  std::chrono::milliseconds after_data{600'000};  // for the answer to the final dot
};

}  // namespace mailkeep::reply
