// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Lets a test message make the parser misbehave; nothing in a build without MAILKEEP_FAULT_POINTS.
// Private to message/.

#include <string_view>

namespace mailkeep::message {

#ifdef MAILKEEP_FAULT_POINTS
// Obeys "X-Mailkeep-Test-Parser: die|loop|garble|open|connect|exec|fork|memory" in the first bytes.
void misbehave_if_asked(std::string_view raw);
#else
inline void misbehave_if_asked(std::string_view) {}
#endif

}  // namespace mailkeep::message
