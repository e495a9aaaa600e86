// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/exit_codes.h"

#include <gtest/gtest.h>

#include <vector>

namespace mailkeep::cli {
namespace {

int of(std::vector<int> codes) { return exit_code_of_all(codes); }

TEST(ExitCodes, OneAccountAmongSeveralIsIncomplete) {
  EXPECT_EQ(of({}), kDone);
  EXPECT_EQ(of({0, 0}), kDone);
  EXPECT_EQ(of({77}), kLoginRefused);
  EXPECT_EQ(of({69, 69}), kUnavailable);
  EXPECT_EQ(of({0, 77}), kIncomplete);
  EXPECT_EQ(of({69, 77}), kIncomplete);
}

}  // namespace
}  // namespace mailkeep::cli
