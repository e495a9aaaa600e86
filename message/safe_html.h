// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HTML from strangers as a body that can be shown: the tree is built as a browser does and written
// anew from a list of allowed elements and attributes. No script, style sheet, form, foreign
// content or address is left; a link becomes <span class="link" title="address">, an image that is
// not in the mail <span class="img">[its text]</span>. Private to message/; run it in the cage.

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "message/html_tree.h"

namespace mailkeep::message {

struct SafeHtml {
  std::string html;
  unsigned removed_remote = 0;
  bool was_simplified = false;     // over a limit: only its text is left
  bool has_dropped_image = false;  // an image of the mail was over a limit
};

// The bytes of the part with that Content-ID, if there is one.
using FindImage = std::function<std::optional<std::string>(std::string_view content_id)>;

// The documents of one mail: their images and the time they take are limited together.
class HtmlCleaner {
 public:
  HtmlCleaner(FindImage find_image, std::chrono::milliseconds cpu_time);

  // html is UTF-8. What comes out, cleaned again, is the same bytes, and a browser makes the same
  // tree of it with or without a doctype.
  SafeHtml clean(std::string_view html);

 private:
  FindImage find_image_;
  CpuBudget budget_;
  std::size_t image_room_;
};

// Plain text as such a body.
std::string text_as_html(std::string_view text);

}  // namespace mailkeep::message
