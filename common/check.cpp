// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/check.h"

#include <cstdio>
#include <cstdlib>

namespace mailkeep::common {

void check_failed(const char* condition, const char* file, int line) {
  std::fprintf(stderr, "mailkeep: internal error: %s does not hold (%s:%d)\n", condition, file,
               line);
  std::abort();
}

}  // namespace mailkeep::common
