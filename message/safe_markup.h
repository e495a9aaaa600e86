// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// The elements and attributes that mail may keep when it is shown, and how they are written. Knows
// no parser: the caged child writes by these rules and its parent checks by them. Private to
// message/.

#include <cstddef>
#include <string>
#include <string_view>

namespace mailkeep::message {

inline constexpr std::size_t kMaxImageBytes = 2UL << 20U;  // of one embedded image, decoded
// Browsers flatten what nests deeper than 512 elements, which would make another tree of it.
inline constexpr std::size_t kMaxSafeDepth = 250;

bool is_safe_element(std::string_view name);  // lower case
bool is_void_element(std::string_view name);  // of the safe ones

// The value in its one form, not yet escaped; empty if the attribute may not stand there. What
// comes out goes through again unchanged.
std::string safe_attribute(std::string_view element, std::string_view name, std::string_view value);

// A data: URL of a PNG, JPEG, GIF or WebP image of at most kMaxImageBytes; empty if the bytes are
// none.
std::string image_url(std::string_view bytes);

// The bytes of a URL that image_url() may have made, or another program like it; empty if they are
// no image.
std::string image_bytes(std::string_view url);

void append_text(std::string& out, std::string_view text);  // escaped
void append_attribute(std::string& out, std::string_view name, std::string_view value);

// Whether these are balanced safe elements with safe attributes in the form that the functions
// above write, and nothing else.
bool is_safe_html(std::string_view html);

}  // namespace mailkeep::message
