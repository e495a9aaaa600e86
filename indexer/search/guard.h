// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The one place where Xapian's exceptions become Errors. Private to indexer/.

#include <xapian.h>

#include <string>
#include <string_view>

#include "common/printable.h"
#include "common/result.h"

namespace mailkeep::search {

inline common::Error index_error(const Xapian::Error& error) {
  const std::string detail = common::printable(error.get_msg());
  const std::string_view type = error.get_type();
  if (type == "DatabaseLockError")
    return {common::ErrorKind::Busy, "another program is writing the index: " + detail};
  if (type == "DatabaseNotFoundError")
    return {common::ErrorKind::NotFound, "there is no index yet: run mailkeep index"};
  const std::string system =
      error.get_error_string() == nullptr ? "" : std::string(" (") + error.get_error_string() + ")";
  return {common::ErrorKind::Index, "the index cannot be used: " + detail + system +
                                        "; if this stays, run mailkeep index --rebuild"};
}

// Runs work() and returns what it returns; an exception of Xapian becomes its Error.
template <class Work>
auto guarded(Work&& work) -> decltype(work()) {
  try {
    return work();
  } catch (const Xapian::Error& error) {
    return tl::unexpected(index_error(error));
  }
}

}  // namespace mailkeep::search
