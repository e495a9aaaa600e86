// SPDX-License-Identifier: GPL-3.0-or-later
// Property: any name is shown as UTF-8.

#include "store/folder_name.h"

#include "common/printable.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto name = mailkeep::store::decode_imap_folder(mailkeep::fuzz::as_text(data, size));
  mailkeep::fuzz::require(mailkeep::common::is_valid_utf8(name.text));
  mailkeep::fuzz::require(mailkeep::common::is_valid_utf8(mailkeep::common::printable(name.text)));
  return 0;
}
