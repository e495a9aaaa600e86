// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/clock.h"

#include <gtest/gtest.h>

namespace mailkeep::common {
namespace {

TEST(Rfc3339, PrintsWholeSecondsBeforeAndAfterTheEpoch) {
  EXPECT_EQ(rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(rfc3339(-1), "1969-12-31T23:59:59Z");
  EXPECT_EQ(rfc3339(4'102'444'800'000'000), "2100-01-01T00:00:00Z");
}

}  // namespace
}  // namespace mailkeep::common
