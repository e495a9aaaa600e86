// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/html_text.h"

#include <gumbo.h>

#include <cstddef>
#include <vector>

#include "message/html_tree.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxTreeBytes = 4UL << 20U;

bool is_dropped(GumboTag tag) {
  return tag == GUMBO_TAG_SCRIPT || tag == GUMBO_TAG_STYLE || tag == GUMBO_TAG_TEMPLATE;
}

bool is_inline(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_A:
    case GUMBO_TAG_ABBR:
    case GUMBO_TAG_ACRONYM:
    case GUMBO_TAG_B:
    case GUMBO_TAG_BDI:
    case GUMBO_TAG_BDO:
    case GUMBO_TAG_BIG:
    case GUMBO_TAG_CITE:
    case GUMBO_TAG_CODE:
    case GUMBO_TAG_DEL:
    case GUMBO_TAG_DFN:
    case GUMBO_TAG_EM:
    case GUMBO_TAG_FONT:
    case GUMBO_TAG_I:
    case GUMBO_TAG_INS:
    case GUMBO_TAG_KBD:
    case GUMBO_TAG_LABEL:
    case GUMBO_TAG_MARK:
    case GUMBO_TAG_NOBR:
    case GUMBO_TAG_Q:
    case GUMBO_TAG_S:
    case GUMBO_TAG_SAMP:
    case GUMBO_TAG_SMALL:
    case GUMBO_TAG_SPAN:
    case GUMBO_TAG_STRIKE:
    case GUMBO_TAG_STRONG:
    case GUMBO_TAG_SUB:
    case GUMBO_TAG_SUP:
    case GUMBO_TAG_TT:
    case GUMBO_TAG_U:
    case GUMBO_TAG_UNKNOWN:
    case GUMBO_TAG_VAR:
    case GUMBO_TAG_WBR:
      return true;
    default:
      return false;
  }
}

// What an element puts between the words before and after it.
std::string_view separator_of(GumboTag tag) {
  if (is_inline(tag)) return {};
  if (tag == GUMBO_TAG_TD || tag == GUMBO_TAG_TH || tag == GUMBO_TAG_IMG) return " ";
  return "\n";
}

class Writer {
 public:
  void separate(std::string_view separator) {
    if (separator.empty() || text_.empty()) return;
    if (text_.back() == '\n') return;
    if (text_.back() == ' ') {
      if (separator == " ") return;
      text_.pop_back();
    }
    text_ += separator;
  }

  // Runs of white space read as one space.
  void write(std::string_view words) {
    for (const char c : words) {
      if (is_space(c))
        separate(" ");
      else
        text_.push_back(c);
    }
  }

  std::string take() { return std::move(text_); }

 private:
  std::string text_;
};

void write_attributes(const GumboElement& element, Writer& out) {
  for (const char* name : {"alt", "title"}) {
    const GumboAttribute* attribute = gumbo_get_attribute(&element.attributes, name);
    if (attribute == nullptr || attribute->value == nullptr || *attribute->value == '\0') continue;
    out.separate(" ");
    out.write(attribute->value);
    out.separate(" ");
  }
}

void enter(const GumboNode& node, Writer& out) {
  if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
      node.type == GUMBO_NODE_CDATA) {
    out.write(node.v.text.text);
  } else if (node.type == GUMBO_NODE_ELEMENT) {
    out.separate(separator_of(node.v.element.tag));
    write_attributes(node.v.element, out);
  }
}

void leave(const GumboNode& node, Writer& out) {
  if (node.type == GUMBO_NODE_ELEMENT) out.separate(separator_of(node.v.element.tag));
}

struct Step {
  const GumboNode* node;
  unsigned next_child;
};

void write_tree(const GumboNode* root, Writer& out) {
  std::vector<Step> path{{root, 0}};
  enter(*root, out);
  while (!path.empty()) {
    Step& step = path.back();
    const GumboVector* children = children_of(*step.node);
    if (children == nullptr || step.next_child >= children->length) {
      leave(*step.node, out);
      path.pop_back();
      continue;
    }
    const auto* child = static_cast<const GumboNode*>(children->data[step.next_child++]);
    if (child->type == GUMBO_NODE_TEMPLATE) continue;
    if (child->type == GUMBO_NODE_ELEMENT && is_dropped(child->v.element.tag)) continue;
    enter(*child, out);
    path.push_back({child, 0});
  }
}

}  // namespace

std::string html_to_text(std::string_view html, const CpuBudget& budget, bool& was_simplified) {
  const HtmlTree tree(html, kMaxTreeBytes, budget);
  if (tree.page() == nullptr) {
    was_simplified = true;
    return strip_tags(html);
  }
  Writer out;
  write_tree(tree.page()->document, out);
  return out.take();
}

std::string charset_of_html(std::string_view html) {
  const std::string head = lower_ascii(html.substr(0, 4096));
  const std::size_t at = head.find("charset=");
  if (at == std::string::npos) return {};
  std::size_t from = at + 8;
  if (from < head.size() && (head[from] == '"' || head[from] == '\'')) ++from;
  std::size_t to = from;
  while (to < head.size() && !is_space(head[to]) && head[to] != '"' && head[to] != '\'' &&
         head[to] != '>' && head[to] != ';' && head[to] != '/')
    ++to;
  return head.substr(from, to - from);
}

}  // namespace mailkeep::message
