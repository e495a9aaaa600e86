// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// make_view, find_part: what a Viewer's child does with one mail. Pure; any limit that is reached
// is named in the result. Private to message/; run it only in the cage.

#include <functional>
#include <string_view>

#include "message/byte_sink.h"
#include "message/parse.h"
#include "message/view.h"

namespace mailkeep::message {

MessageView make_view(std::string_view raw, const ParseLimits& limits = {});

enum class PartFinding { Found, NotFound, IsMultipart };

// Calls begin with the part, all but its size, then sink with its bytes piece by piece.
PartFinding find_part(std::string_view raw, std::string_view number,
                      const std::function<bool(const Part&)>& begin, const ByteSink& sink);

}  // namespace mailkeep::message
