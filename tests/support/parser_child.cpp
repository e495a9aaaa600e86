// SPDX-License-Identifier: GPL-3.0-or-later
// What a ParserPool starts when the tests run it: they are not the program itself.
#include "message/parser_pool.h"

int main() { return mailkeep::message::parser_child_main(); }
