// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// ByteSink: takes bytes piece by piece. Private to message/.

#include <functional>
#include <string_view>

namespace mailkeep::message {

using ByteSink = std::function<bool(std::string_view)>;  // false to stop

}  // namespace mailkeep::message
