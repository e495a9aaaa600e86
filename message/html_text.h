// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// HTML to the text a reader sees. Private to message/.
//
// Script and style are dropped; block elements begin a new line and cells are separated, so that no
// two words run together; the text of alt and title attributes is kept. Takes valid UTF-8.

#include <string>
#include <string_view>

namespace mailkeep::message {

class CpuBudget;

// Builds the tree as a browser does. Where that could cost more than linear time or memory (very
// large or very deeply nested pages, or a budget that is spent), the tags are cut out instead and
// `was_simplified` is set.
std::string html_to_text(std::string_view html, const CpuBudget& budget, bool& was_simplified);

// Cuts out tags in one pass; knows numeric references and the few names everybody uses.
std::string strip_tags(std::string_view html);

// The charset that a page claims for itself in its first bytes; empty if none.
std::string charset_of_html(std::string_view html);

}  // namespace mailkeep::message
