// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/safe_html.h"

#include <gumbo.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>
#include <vector>

#include "common/encoding.h"
#include "message/html_text.h"
#include "message/html_tree.h"
#include "message/safe_markup.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxPageBytes = 24UL << 20U;  // embedded images are most of it
constexpr std::size_t kMaxPlainBytes = 4UL << 20U;  // escaped it still fits a page
constexpr std::size_t kMaxImagesBytes = 10UL << 20U;
constexpr unsigned kMaxWastedImages = 100;  // decoded before it was known that they cannot be shown
constexpr int kMaxRounds = 6;

// Elements whose content is no text of the mail, or is text only where scripts are off.
bool is_dropped(const GumboElement& element) {
  if (element.tag_namespace != GUMBO_NAMESPACE_HTML) return true;
  switch (element.tag) {
    case GUMBO_TAG_APPLET:
    case GUMBO_TAG_AUDIO:
    case GUMBO_TAG_BASE:
    case GUMBO_TAG_CANVAS:
    case GUMBO_TAG_EMBED:
    case GUMBO_TAG_FRAME:
    case GUMBO_TAG_FRAMESET:
    case GUMBO_TAG_IFRAME:
    case GUMBO_TAG_LINK:
    case GUMBO_TAG_MATH:
    case GUMBO_TAG_META:
    case GUMBO_TAG_NOEMBED:
    case GUMBO_TAG_NOFRAMES:
    case GUMBO_TAG_NOSCRIPT:
    case GUMBO_TAG_OBJECT:
    case GUMBO_TAG_SCRIPT:
    case GUMBO_TAG_STYLE:
    case GUMBO_TAG_SVG:
    case GUMBO_TAG_TEMPLATE:
    case GUMBO_TAG_TITLE:
    case GUMBO_TAG_VIDEO:
      return true;
    default:
      return false;
  }
}

// The element it is written as; empty if only its content is.
std::string_view written_name(GumboTag tag) {
  switch (tag) {
    case GUMBO_TAG_LISTING:
    case GUMBO_TAG_PLAINTEXT:
    case GUMBO_TAG_XMP:
      return "pre";
    case GUMBO_TAG_DETAILS:
    case GUMBO_TAG_DIR:
    case GUMBO_TAG_FIELDSET:
    case GUMBO_TAG_FORM:
    case GUMBO_TAG_HGROUP:
    case GUMBO_TAG_LEGEND:
    case GUMBO_TAG_MENU:
    case GUMBO_TAG_NAV:
    case GUMBO_TAG_OPTION:
    case GUMBO_TAG_SUMMARY:
      return "div";
    default:
      break;
  }
  const std::string_view name = gumbo_normalized_tagname(tag);
  return is_safe_element(name) ? name : std::string_view();
}

std::string_view attribute_of(const GumboElement& element, const char* name) {
  const GumboAttribute* attribute = gumbo_get_attribute(&element.attributes, name);
  return attribute == nullptr || attribute->value == nullptr ? "" : attribute->value;
}

bool is_remote(std::string_view address) {
  const std::string begin = lower_ascii(trim(address).substr(0, 5));
  return !begin.empty() && !begin.starts_with("cid:") && begin != "data:" && begin[0] != '#';
}

// url(...) of another host, and @import.
unsigned count_style_remotes(std::string_view style) {
  const std::string lower = lower_ascii(style);
  unsigned count = 0;
  for (std::size_t at = lower.find("url("); at != std::string::npos; at = lower.find("url(", at)) {
    at += 4;
    std::string_view address = trim(std::string_view(lower).substr(at, 16));
    if (address.starts_with('"') || address.starts_with('\'')) address.remove_prefix(1);
    if (is_remote(address)) ++count;
  }
  for (std::size_t at = lower.find("@import"); at != std::string::npos;
       at = lower.find("@import", at + 7))
    ++count;
  return count;
}

// What a browser would have fetched for this element.
unsigned count_remotes(const GumboElement& element) {
  unsigned count = 0;
  for (unsigned i = 0; i < element.attributes.length; ++i) {
    const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
    const std::string_view name = attribute.name;
    constexpr std::array<std::string_view, 5> kFetched = {"src", "srcset", "background", "poster",
                                                          "data"};
    if (std::find(kFetched.begin(), kFetched.end(), name) != kFetched.end())
      count += is_remote(attribute.value) ? 1 : 0;
    else if (name == "style")
      count += count_style_remotes(attribute.value);
    else if (name == "href" && element.tag == GUMBO_TAG_LINK)
      ++count;
  }
  if (element.tag != GUMBO_TAG_STYLE) return count;
  for (unsigned i = 0; i < element.children.length; ++i) {
    const auto& child = *static_cast<const GumboNode*>(element.children.data[i]);
    if (child.type == GUMBO_NODE_TEXT) count += count_style_remotes(child.v.text.text);
  }
  return count;
}

// Where images come from, and how many of them still may.
struct Images {
  const FindImage& find;
  std::size_t& room;
  bool has_dropped = false;
  unsigned wasted = 0;  // decoded for nothing
};

// One pass: a tree to the body that is written for it.
class TreeWriter {
 public:
  // Without images for a page that was written here: what it embeds has been counted.
  explicit TreeWriter(Images* images) : images_(images) {}

  std::string write(const GumboNode& root) {
    path_.push_back({&root, 0, {}, false});
    while (!path_.empty()) {
      Step& step = path_.back();
      const GumboVector* children = children_of(*step.node);
      if (children == nullptr || step.next_child >= children->length)
        leave();
      else
        visit(*static_cast<const GumboNode*>(children->data[step.next_child++]));
    }
    // White space before the first element is no part of a body.
    out_.erase(0, std::min(out_.find_first_not_of(" \t\n"), out_.size()));
    return std::move(out_);
  }

  unsigned removed_remote() const { return removed_remote_; }

 private:
  struct Step {
    const GumboNode* node;
    unsigned next_child;
    std::string_view open;  // name of the element that was written for it, if one was
    bool is_link;
  };

  void visit(const GumboNode& node) {
    if (node.type == GUMBO_NODE_TEXT || node.type == GUMBO_NODE_WHITESPACE ||
        node.type == GUMBO_NODE_CDATA)
      return append_text(out_, node.v.text.text);
    if (node.type != GUMBO_NODE_ELEMENT) return;
    const GumboElement& element = node.v.element;
    removed_remote_ += count_remotes(element);
    if (is_dropped(element)) return;
    if (element.tag == GUMBO_TAG_IMG) return write_image(element);
    Step step{&node, 0, {}, false};
    if (depth_ < kMaxSafeDepth) open(element, step);
    if (is_void_element(step.open)) return;
    depth_ += step.open.empty() ? 0 : 1;
    links_ += step.is_link ? 1 : 0;
    path_.push_back(step);
  }

  void leave() {
    const Step step = path_.back();
    path_.pop_back();
    links_ -= step.is_link ? 1 : 0;
    if (step.open.empty()) return;
    --depth_;
    out_ += "</";
    out_ += step.open;
    out_ += '>';
  }

  void open(const GumboElement& element, Step& step) {
    if (element.tag == GUMBO_TAG_A) return open_link(element, attribute_of(element, "href"), step);
    if (element.tag == GUMBO_TAG_BODY) return open_body(element, step);
    const std::string_view name = written_name(element.tag);
    if (name.empty()) return;
    if (name == "span") {
      const std::string kind = safe_attribute(name, "class", attribute_of(element, "class"));
      // A link that was written here, or by somebody who knows the form.
      if (kind == "link") return open_link(element, attribute_of(element, "title"), step);
      if (kind == "img") return open_span(element, kind, {}, step);
    }
    out_ += '<';
    out_ += name;
    write_attributes(element, name);
    out_ += '>';
    step.open = name;
    // The first line end in a pre is skipped when it is read.
    if (name == "pre") out_ += '\n';
  }

  // Inside another link nothing may claim to lead elsewhere.
  void open_link(const GumboElement& element, std::string_view address, Step& step) {
    const std::string title = safe_attribute("span", "title", address);
    if (title.empty() || links_ > 0) return;
    step.is_link = true;
    open_span(element, "link", title, step);
  }

  void open_span(const GumboElement& element, std::string_view kind, const std::string& title,
                 Step& step) {
    step.open = "span";
    out_ += "<span";
    append_attribute(out_, "class", kind);
    if (!title.empty()) append_attribute(out_, "title", title);
    write_attributes(element, "span");
    out_ += '>';
  }

  // White letters on a dark page stay readable.
  void open_body(const GumboElement& element, Step& step) {
    std::string style;
    const auto add = [&](const std::string& declaration) {
      const std::string safe = safe_attribute("div", "style", declaration);
      if (!safe.empty()) style += (style.empty() ? "" : ";") + safe;
    };
    add("background-color:" + std::string(attribute_of(element, "bgcolor")));
    add("color:" + std::string(attribute_of(element, "text")));
    add(std::string(attribute_of(element, "style")));
    const std::string direction = safe_attribute("div", "dir", attribute_of(element, "dir"));
    if (style.empty() && direction.empty()) return;
    step.open = "div";
    out_ += "<div";
    if (!direction.empty()) append_attribute(out_, "dir", direction);
    if (!style.empty()) append_attribute(out_, "style", style);
    out_ += '>';
  }

  void write_attributes(const GumboElement& element, std::string_view name) {
    for (unsigned i = 0; i < element.attributes.length; ++i) {
      const auto& attribute = *static_cast<const GumboAttribute*>(element.attributes.data[i]);
      const std::string_view key = attribute.name;
      if (key == "class" || key == "title" || key == "src") continue;  // written where they belong
      const std::string value = safe_attribute(name, key, attribute.value);
      if (!value.empty()) append_attribute(out_, key, value);
    }
  }

  void write_image(const GumboElement& element) {
    const std::string address = image_address(attribute_of(element, "src"));
    if (!address.empty()) {
      out_ += "<img";
      append_attribute(out_, "src", address);
      write_attributes(element, "img");
      out_ += '>';
      return;
    }
    // Too small to be seen: made to be fetched.
    const auto is_dot = [&](const char* side) {
      const std::string_view value = trim(attribute_of(element, side));
      return value.size() == 1 && value[0] >= '0' && value[0] <= '3';
    };
    if (is_dot("width") || is_dot("height")) return;
    std::string text = safe_attribute("img", "alt", attribute_of(element, "alt"));
    if (text.empty()) text = "image";
    const bool has_room = depth_ < kMaxSafeDepth;
    if (has_room) out_ += "<span class=\"img\">";
    append_text(out_, "[" + text + "]");
    if (has_room) out_ += "</span>";
  }

  std::string image_address(std::string_view source) {
    source = trim(source);
    if (images_ == nullptr) return safe_attribute("img", "src", source);
    if (images_->wasted > kMaxWastedImages) return {};
    std::optional<std::string> bytes;
    if (equals_ignoring_case(source.substr(0, 4), "cid:")) {
      const std::string_view id = source.substr(4);
      if (images_->find)
        bytes = images_->find(common::percent_decode(id).value_or(std::string(id)));
    } else if (equals_ignoring_case(source.substr(0, 5), "data:")) {
      bytes = image_bytes(source);
    }
    if (!bytes || bytes->empty()) return {};
    const bool is_over = bytes->size() > images_->room || bytes->size() > kMaxImageBytes;
    std::string address = is_over ? std::string() : image_url(*bytes);
    images_->has_dropped = images_->has_dropped || is_over;
    images_->wasted += address.empty() ? 1 : 0;
    if (!address.empty()) images_->room -= bytes->size();
    return address;
  }

  Images* images_;
  std::vector<Step> path_;
  std::string out_;
  std::size_t depth_ = 0;  // of elements that are open in out_
  std::size_t links_ = 0;
  unsigned removed_remote_ = 0;
};

SafeHtml only_text(std::string_view html, unsigned removed_remote, bool has_dropped_image) {
  return {text_as_html(strip_tags(html)), removed_remote, true, has_dropped_image};
}

}  // namespace

HtmlCleaner::HtmlCleaner(FindImage find_image, std::chrono::milliseconds cpu_time)
    : find_image_(std::move(find_image)), budget_(cpu_time), image_room_(kMaxImagesBytes) {}

// Some trees cannot be written: what a browser makes of a block inside a paragraph is another tree.
// So what was written is read again until it stays as it is. Nearly all mail does in two rounds.
SafeHtml HtmlCleaner::clean(std::string_view html) {
  Images images{find_image_, image_room_};
  SafeHtml safe;
  for (int round = 0; round < kMaxRounds; ++round) {
    const bool is_first = round == 0;
    const std::string again = is_first ? std::string() : "<!DOCTYPE html>" + safe.html;
    const HtmlTree tree(is_first ? html : std::string_view(again), kMaxPageBytes, budget_);
    if (tree.page() == nullptr) break;
    TreeWriter writer(is_first ? &images : nullptr);
    std::string written = writer.write(*tree.page()->root);
    if (is_first) safe.removed_remote = writer.removed_remote();
    if (!is_first && written == safe.html) {
      safe.has_dropped_image = images.has_dropped;
      return safe;
    }
    safe.html = std::move(written);
    if (safe.html.size() + 16 > kMaxPageBytes) break;
  }
  return only_text(html, safe.removed_remote, images.has_dropped);
}

std::string text_as_html(std::string_view text) {
  std::string out = "<pre style=\"white-space:pre-wrap\">\n";
  append_text(out, cut_utf8(clean_text(text), kMaxPlainBytes));
  out += "</pre>";
  return out;
}

}  // namespace mailkeep::message
