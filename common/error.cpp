// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/error.h"

namespace mailkeep::common {

std::string_view name_of(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::Cancelled:
      return "cancelled";
    case ErrorKind::Timeout:
      return "timeout";
    case ErrorKind::Network:
      return "network";
    case ErrorKind::Throttled:
      return "throttled";
    case ErrorKind::Database:
      return "database";
    case ErrorKind::Tls:
      return "tls";
    case ErrorKind::Auth:
      return "auth";
    case ErrorKind::Protocol:
      return "protocol";
    case ErrorKind::Limit:
      return "limit";
    case ErrorKind::Malformed:
      return "malformed";
    case ErrorKind::Disk:
      return "disk";
    case ErrorKind::Index:
      return "index";
    case ErrorKind::Corrupt:
      return "corrupt";
    case ErrorKind::NotFound:
      return "not-found";
    case ErrorKind::Conflict:
      return "conflict";
    case ErrorKind::Busy:
      return "busy";
    case ErrorKind::Usage:
      return "usage";
    case ErrorKind::Config:
      return "config";
    case ErrorKind::NotBuilt:
      return "not-built";
  }
  return "unknown";
}

}  // namespace mailkeep::common
