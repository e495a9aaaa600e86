// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Reads HTML as a browser does and says what in it may not be shown: a second opinion on the
// sanitiser, with lists of its own.

#include <gumbo.h>

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::tests {

class HtmlCheck {
 public:
  // Empty if the page is harmless, else the first thing that is not.
  static std::string fault_in(const std::string& html) {
    HtmlCheck check;
    GumboOptions options = kGumboDefaultOptions;
    GumboOutput* page = gumbo_parse_with_options(&options, html.data(), html.size());
    check.look_at_page(*page->root);
    gumbo_destroy_output(&options, page);
    return check.fault_;
  }

 private:
  static constexpr std::string_view kElements =
      " abbr acronym address article aside b bdi bdo big blockquote br caption center cite code "
      "col "
      "colgroup dd del dfn div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr "
      "i "
      "img ins kbd li main mark ol p pre q s samp section small span strike strong sub sup table "
      "tbody td tfoot th thead tr tt u ul var wbr ";
  static constexpr std::string_view kAttributes =
      " align alt bgcolor border cellpadding cellspacing class clear color colspan dir face height "
      "hspace lang rowspan size span src start style title type valign value vspace width ";

  static bool is_in(std::string_view list, std::string_view word) {
    return list.find(" " + std::string(word) + " ") != std::string_view::npos;
  }

  // html, head and body stand there whatever was written; nothing may be in or on the first two.
  void look_at_page(const GumboNode& root) {
    if (root.v.element.attributes.length != 0) fault_ = "attribute on html";
    for (unsigned i = 0; i < root.v.element.children.length; ++i) {
      const auto& child = *static_cast<const GumboNode*>(root.v.element.children.data[i]);
      if (child.type == GUMBO_NODE_COMMENT) fault_ = "comment";
      if (child.type != GUMBO_NODE_ELEMENT) continue;
      if (child.v.element.attributes.length != 0) fault_ = "attribute on head or body";
      if (child.v.element.tag == GUMBO_TAG_HEAD && child.v.element.children.length != 0)
        fault_ = "something in the head";
      if (child.v.element.tag == GUMBO_TAG_FRAMESET) fault_ = "frameset";
      look_at_children(child);
    }
  }

  void look_at_children(const GumboNode& node) {
    for (unsigned i = 0; i < node.v.element.children.length; ++i)
      look_at(*static_cast<const GumboNode*>(node.v.element.children.data[i]));
  }

  void look_at(const GumboNode& node) {
    if (node.type == GUMBO_NODE_COMMENT || node.type == GUMBO_NODE_CDATA ||
        node.type == GUMBO_NODE_TEMPLATE)
      fault_ = "node that is no element and no text";
    if (node.type != GUMBO_NODE_ELEMENT) return;
    const GumboElement& element = node.v.element;
    const std::string name = gumbo_normalized_tagname(element.tag);
    if (element.tag_namespace != GUMBO_NAMESPACE_HTML || !is_in(kElements, name))
      fault_ = "element " + name;
    for (unsigned i = 0; i < element.attributes.length; ++i)
      look_at(name, *static_cast<const GumboAttribute*>(element.attributes.data[i]));
    look_at_children(node);
  }

  void look_at(const std::string& element, const GumboAttribute& attribute) {
    const std::string name = attribute.name;
    const std::string value = attribute.value;
    if (!is_in(kAttributes, name)) fault_ = "attribute " + name;
    if (name == "src") {
      const bool is_image = value.starts_with("data:image/png;base64,") ||
                            value.starts_with("data:image/jpeg;base64,") ||
                            value.starts_with("data:image/gif;base64,") ||
                            value.starts_with("data:image/webp;base64,");
      if (element != "img" || !is_image) fault_ = "address " + value.substr(0, 80);
      return;
    }
    if (name == "class" && (element != "span" || (value != "link" && value != "img")))
      fault_ = "class " + value;
    // What is only shown may name an address.
    if (name == "title" || name == "alt") return;
    for (const std::string_view bad : {"://", "javascript", "url", "expression", "import", "\\",
                                       "@", "<", ">", "&", "position", "z-index", ":-", " -", "/*"})
      if (value.find(bad) != std::string::npos) fault_ = value;
  }

  std::string fault_;
};

}  // namespace mailkeep::tests
