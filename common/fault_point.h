// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Marks for the crash tests. In a build without MAILKEEP_FAULT_POINTS all of this is nothing.
//
// MAILKEEP_PHASE("seal") writes the word into the file that the environment variable
// MAILKEEP_PHASE_FILE names, so that whoever kills the process can see where the kill landed.
// sabotage_wanted("cursor-before-bytes") is true if MAILKEEP_SABOTAGE asks for that mistake: the
// crash tests must be able to fail.

#include <string_view>

namespace mailkeep::common {

#ifdef MAILKEEP_FAULT_POINTS
void enter_phase(std::string_view phase);
bool sabotage_wanted(std::string_view name);
#define MAILKEEP_PHASE(name) ::mailkeep::common::enter_phase(name)
#else
inline bool sabotage_wanted(std::string_view) { return false; }
#define MAILKEEP_PHASE(name) static_cast<void>(0)
#endif

}  // namespace mailkeep::common
