// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/safe_markup.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <vector>

#include "common/encoding.h"
#include "common/printable.h"
#include "message/safe_style.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxTitleBytes = 2'000;
constexpr std::size_t kMaxAltBytes = 1'000;

constexpr std::string_view kElements[] = {
    "abbr",       "acronym",    "address", "article", "aside",  "b",      "bdi",  "bdo",
    "big",        "blockquote", "br",      "caption", "center", "cite",   "code", "col",
    "colgroup",   "dd",         "del",     "dfn",     "div",    "dl",     "dt",   "em",
    "figcaption", "figure",     "font",    "footer",  "h1",     "h2",     "h3",   "h4",
    "h5",         "h6",         "header",  "hr",      "i",      "img",    "ins",  "kbd",
    "li",         "main",       "mark",    "ol",      "p",      "pre",    "q",    "s",
    "samp",       "section",    "small",   "span",    "strike", "strong", "sub",  "sup",
    "table",      "tbody",      "td",      "tfoot",   "th",     "thead",  "tr",   "tt",
    "u",          "ul",         "var",     "wbr",
};

enum class Kind {
  Align,
  Alt,
  Class,
  Clear,
  Colour,
  Direction,
  Fonts,
  FontSize,
  Language,
  Length,
  ListType,
  Number,
  Source,
  Style,
  Title,
  VerticalAlign,
};

struct Rule {
  std::string_view name;
  std::string_view elements;  // each between two spaces; empty: all
  Kind kind;
};

constexpr std::string_view kCells = " table tr td th tbody thead tfoot col colgroup ";
constexpr Rule kRules[] = {
    {"align", "", Kind::Align},
    {"alt", " img ", Kind::Alt},
    {"bgcolor", kCells, Kind::Colour},
    {"border", " table img ", Kind::Number},
    {"cellpadding", " table ", Kind::Number},
    {"cellspacing", " table ", Kind::Number},
    {"class", " span ", Kind::Class},
    {"clear", " br ", Kind::Clear},
    {"color", " font hr ", Kind::Colour},
    {"colspan", " td th ", Kind::Number},
    {"dir", "", Kind::Direction},
    {"face", " font ", Kind::Fonts},
    {"height", " table tr td th img ", Kind::Length},
    {"hspace", " img ", Kind::Number},
    {"lang", "", Kind::Language},
    {"rowspan", " td th ", Kind::Number},
    {"size", " font ", Kind::FontSize},
    {"size", " hr ", Kind::Number},
    {"span", " col colgroup ", Kind::Number},
    {"src", " img ", Kind::Source},
    {"start", " ol ", Kind::Number},
    {"style", "", Kind::Style},
    {"title", " span ", Kind::Title},
    {"type", " ol ul li ", Kind::ListType},
    {"valign", kCells, Kind::VerticalAlign},
    {"value", " li ", Kind::Number},
    {"vspace", " img ", Kind::Number},
    {"width", " table td th col colgroup img hr pre ", Kind::Length},
};

std::optional<Kind> kind_of(std::string_view element, std::string_view name) {
  const std::string between = " " + std::string(element) + " ";
  for (const Rule& rule : kRules)
    if (rule.name == name &&
        (rule.elements.empty() || rule.elements.find(between) != std::string_view::npos))
      return rule.kind;
  return std::nullopt;
}

// The value in lower case if it is one of the words, which stand between spaces.
std::string one_of(std::string_view words, std::string_view value) {
  const std::string lower = lower_ascii(trim(value));
  if (lower.empty() || lower.find(' ') != std::string::npos) return {};
  return words.find(" " + lower + " ") == std::string_view::npos ? "" : lower;
}

template <class Test>
bool all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 4 && all(text, is_digit);
}

std::string number(std::string_view value) { return is_number(value) ? std::string(value) : ""; }

std::string length(std::string_view value) {
  const bool is_share = value.ends_with('%');
  if (value.ends_with("px")) value.remove_suffix(2);
  if (!is_number(is_share ? value.substr(0, value.size() - 1) : value)) return {};
  return std::string(value);
}

std::string font_size(std::string_view value) {
  const bool has_sign = value.starts_with('+') || value.starts_with('-');
  const std::string_view digits = value.substr(has_sign ? 1 : 0);
  return digits.size() == 1 && is_digit(digits.front()) ? std::string(value) : "";
}

std::string language(std::string_view value) {
  const bool is_tag = value.size() <= 35 &&
                      all(value, [](char c) { return is_letter(c) || is_digit(c) || c == '-'; });
  return is_tag ? std::string(value) : "";
}

std::string list_type(std::string_view value) {
  if (value.size() == 1 && std::string_view("1aAiI").find(value) != std::string_view::npos)
    return std::string(value);
  return one_of(" disc circle square ", value);
}

// Shown as it is when somebody points at it: nothing in it may turn the line round or hide.
std::string visible_line(std::string_view value, std::size_t limit) {
  return std::string(trim(cut_utf8(common::printable(one_line(value)), limit)));
}

std::string_view image_type(std::string_view bytes) {
  using namespace std::string_view_literals;
  if (bytes.starts_with("\x89PNG\r\n\x1a\n"sv)) return "png";
  if (bytes.starts_with("\xff\xd8\xff"sv)) return "jpeg";
  if (bytes.starts_with("GIF87a"sv) || bytes.starts_with("GIF89a"sv)) return "gif";
  if (bytes.starts_with("RIFF"sv) && bytes.substr(0, 12).ends_with("WEBP"sv)) return "webp";
  return {};
}

// Reads what append_attribute() and append_text() wrote; nothing if there is a reference that they
// do not write.
std::optional<std::string> unescaped(std::string_view text) {
  std::string out;
  for (std::size_t at = text.find('&'); at != std::string_view::npos; at = text.find('&')) {
    out += text.substr(0, at);
    text.remove_prefix(at);
    bool is_known = false;
    for (const auto& [name, c] : {std::pair<std::string_view, char>{"&amp;", '&'},
                                  {"&lt;", '<'},
                                  {"&gt;", '>'},
                                  {"&quot;", '"'}}) {
      if (!text.starts_with(name)) continue;
      out += c;
      text.remove_prefix(name.size());
      is_known = true;
      break;
    }
    if (!is_known) return std::nullopt;
  }
  out += text;
  return out;
}

class Checker {
 public:
  explicit Checker(std::string_view html) : rest_(html) {}

  bool is_safe() {
    while (!rest_.empty()) {
      const std::size_t end = std::min(rest_.find('<'), rest_.size());
      if (rest_.substr(0, end).find('>') != std::string_view::npos) return false;
      rest_.remove_prefix(end);
      if (!rest_.empty() && !read_tag()) return false;
    }
    return open_.empty();
  }

 private:
  bool read_tag() {
    rest_.remove_prefix(1);
    if (rest_.starts_with('/')) return read_end_tag();
    const std::string_view name = take_name();
    if (!is_safe_element(name)) return false;
    while (rest_.starts_with(' '))
      if (!read_attribute(name)) return false;
    if (!rest_.starts_with('>')) return false;
    rest_.remove_prefix(1);
    if (!is_void_element(name)) open_.push_back(name);
    return open_.size() <= kMaxSafeDepth;
  }

  bool read_end_tag() {
    rest_.remove_prefix(1);
    const std::string_view name = take_name();
    if (open_.empty() || open_.back() != name || !rest_.starts_with('>')) return false;
    rest_.remove_prefix(1);
    open_.pop_back();
    return true;
  }

  bool read_attribute(std::string_view element) {
    rest_.remove_prefix(1);
    const std::string_view name = take_name();
    if (!rest_.starts_with("=\"")) return false;
    rest_.remove_prefix(2);
    const std::size_t end = rest_.find('"');
    if (end == std::string_view::npos) return false;
    const auto value = unescaped(rest_.substr(0, end));
    if (!value || rest_.substr(0, end).find_first_of("<>") != std::string_view::npos) return false;
    rest_.remove_prefix(end + 1);
    return !value->empty() && safe_attribute(element, name, *value) == *value;
  }

  std::string_view take_name() {
    const auto is_end = [](char c) { return !is_letter(c) && !is_digit(c); };
    const auto* const end = std::find_if(rest_.begin(), rest_.end(), is_end);
    const std::string_view name = rest_.substr(0, static_cast<std::size_t>(end - rest_.begin()));
    rest_.remove_prefix(name.size());
    return name;
  }

  std::string_view rest_;
  std::vector<std::string_view> open_;
};

}  // namespace

bool is_safe_element(std::string_view name) {
  return std::binary_search(std::begin(kElements), std::end(kElements), name);
}

bool is_void_element(std::string_view name) {
  return name == "br" || name == "hr" || name == "img" || name == "col" || name == "wbr";
}

std::string safe_attribute(std::string_view element, std::string_view name,
                           std::string_view value) {
  const std::optional<Kind> kind = kind_of(element, name);
  if (!kind) return {};
  const std::string_view trimmed = trim(value);
  switch (*kind) {
    case Kind::Align:
      return one_of(" left right center justify top middle bottom ", value);
    case Kind::Alt:
      return visible_line(value, kMaxAltBytes);
    case Kind::Class:
      return one_of(" link img ", value);
    case Kind::Clear:
      return one_of(" left right all none ", value);
    case Kind::Colour:
      return is_colour(trimmed) ? std::string(trimmed) : "";
    case Kind::Direction:
      return one_of(" ltr rtl auto ", value);
    case Kind::Fonts:
      return safe_fonts(value);
    case Kind::FontSize:
      return font_size(trimmed);
    case Kind::Language:
      return language(trimmed);
    case Kind::Length:
      return length(trimmed);
    case Kind::ListType:
      return list_type(trimmed);
    case Kind::Number:
      return number(trimmed);
    case Kind::Source:
      return image_url(image_bytes(value));
    case Kind::Style:
      return safe_style(value);
    case Kind::Title:
      return visible_line(value, kMaxTitleBytes);
    case Kind::VerticalAlign:
      return one_of(" top middle bottom baseline ", value);
  }
  return {};
}

std::string image_url(std::string_view bytes) {
  const std::string_view type = image_type(bytes);
  if (type.empty() || bytes.size() > kMaxImageBytes) return {};
  return "data:image/" + std::string(type) + ";base64," + common::to_base64(bytes);
}

std::string image_bytes(std::string_view url) {
  url = trim(url);
  const std::string head = lower_ascii(url.substr(0, 40));
  const std::size_t comma = head.find(',');
  if (!head.starts_with("data:image/") || comma == std::string::npos ||
      !head.substr(0, comma).ends_with(";base64") || url.size() > kMaxImageBytes * 2)
    return {};
  std::string text(url.substr(comma + 1));
  std::erase_if(text, is_space);
  const std::string bytes = common::from_base64(text).value_or("");
  return image_type(bytes).empty() ? "" : bytes;
}

void append_text(std::string& out, std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";  // vanishes at the start of a page
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    if (c == '&')
      out += "&amp;";
    else if (c == '<')
      out += "&lt;";
    else if (c == '>')
      out += "&gt;";
    else if ((byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f)
      out += ' ';
    else if (text.substr(i, kByteOrderMark.size()) == kByteOrderMark)
      i += kByteOrderMark.size() - 1;
    else
      out += c;
  }
}

void append_attribute(std::string& out, std::string_view name, std::string_view value) {
  out += ' ';
  out += name;
  out += "=\"";
  const std::size_t begin = out.size();
  append_text(out, value);
  for (std::size_t at = out.find('"', begin); at != std::string::npos; at = out.find('"', at + 1))
    out.replace(at, 1, "&quot;");
  out += '"';
}

bool is_safe_html(std::string_view html) { return Checker(html).is_safe(); }

}  // namespace mailkeep::message
