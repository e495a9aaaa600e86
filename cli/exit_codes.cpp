// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/exit_codes.h"

#include <algorithm>

namespace mailkeep::cli {

int exit_code(common::ErrorKind kind) {
  using common::ErrorKind;
  switch (kind) {
    case ErrorKind::Timeout:
    case ErrorKind::Network:
    case ErrorKind::Protocol:
    case ErrorKind::Tls:
    case ErrorKind::Database:
      return kUnavailable;
    case ErrorKind::Cancelled:
    case ErrorKind::Throttled:
    case ErrorKind::Busy:
    case ErrorKind::Disk:
    case ErrorKind::Index:
      return kTryLater;
    case ErrorKind::Auth:
      return kLoginRefused;
    case ErrorKind::Config:
      return kConfiguration;
    case ErrorKind::Usage:
    case ErrorKind::Conflict:
    case ErrorKind::NotBuilt:
      return kUsage;
    case ErrorKind::Limit:
    case ErrorKind::Malformed:
    case ErrorKind::Corrupt:
    case ErrorKind::NotFound:
      return kIncomplete;
  }
  return kIncomplete;
}

int exit_code_of_all(std::span<const int> codes) {
  const bool is_clean =
      std::all_of(codes.begin(), codes.end(), [](int code) { return code == kDone; });
  if (is_clean) return kDone;
  const bool is_alike =
      std::all_of(codes.begin(), codes.end(), [&](int code) { return code == codes.front(); });
  return is_alike ? codes.front() : kIncomplete;
}

}  // namespace mailkeep::cli
