// SPDX-License-Identifier: GPL-3.0-or-later
// Composing parses in a sandboxed child, which is this program started again.
#include <gtest/gtest.h>

#include <string_view>

#include "message/parser_pool.h"

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == mailkeep::message::kParserChildCommand)
    return mailkeep::message::parser_child_main();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
