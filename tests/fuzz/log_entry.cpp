// SPDX-License-Identifier: GPL-3.0-or-later
// Property: an entry that is accepted is the only encoding of what it says, so nothing can be
// changed in it without being refused or meaning something else.

#include "store/log/entry.h"
#include "store/uid_set.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = mailkeep::fuzz::as_text(data, size);
  if (const auto entry = mailkeep::store::decode_entry(bytes))
    mailkeep::fuzz::require(mailkeep::store::encode(*entry) == bytes);
  if (const auto set = mailkeep::store::UidSet::from_string(bytes))
    mailkeep::fuzz::require(mailkeep::store::UidSet::from_string(set->to_string()) == *set);
  return 0;
}
