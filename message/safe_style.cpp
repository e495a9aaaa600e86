// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/safe_style.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <optional>

#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxStyleBytes = 4'096;
constexpr std::size_t kMaxTokenBytes = 60;

enum class Values {
  Plain,       // numbers from 0 on, colours and words
  Fonts,       // these and quoted names
  Background,  // of all that may stand there, the colour
  Display,     // a few words
};

struct Property {
  std::string_view name;
  Values values;
};

// Nothing here moves a box out of its place or over another, and none takes an address.
constexpr Property kProperties[] = {
    {"background", Values::Background},
    {"background-color", Values::Plain},
    {"border", Values::Plain},
    {"border-bottom", Values::Plain},
    {"border-bottom-color", Values::Plain},
    {"border-bottom-style", Values::Plain},
    {"border-bottom-width", Values::Plain},
    {"border-collapse", Values::Plain},
    {"border-color", Values::Plain},
    {"border-left", Values::Plain},
    {"border-left-color", Values::Plain},
    {"border-left-style", Values::Plain},
    {"border-left-width", Values::Plain},
    {"border-radius", Values::Plain},
    {"border-right", Values::Plain},
    {"border-right-color", Values::Plain},
    {"border-right-style", Values::Plain},
    {"border-right-width", Values::Plain},
    {"border-spacing", Values::Plain},
    {"border-style", Values::Plain},
    {"border-top", Values::Plain},
    {"border-top-color", Values::Plain},
    {"border-top-style", Values::Plain},
    {"border-top-width", Values::Plain},
    {"border-width", Values::Plain},
    {"caption-side", Values::Plain},
    {"clear", Values::Plain},
    {"color", Values::Plain},
    {"direction", Values::Plain},
    {"display", Values::Display},
    {"empty-cells", Values::Plain},
    {"float", Values::Plain},
    {"font", Values::Fonts},
    {"font-family", Values::Fonts},
    {"font-size", Values::Plain},
    {"font-style", Values::Plain},
    {"font-variant", Values::Plain},
    {"font-weight", Values::Plain},
    {"height", Values::Plain},
    {"letter-spacing", Values::Plain},
    {"line-height", Values::Plain},
    {"list-style-type", Values::Plain},
    {"margin", Values::Plain},
    {"margin-bottom", Values::Plain},
    {"margin-left", Values::Plain},
    {"margin-right", Values::Plain},
    {"margin-top", Values::Plain},
    {"max-height", Values::Plain},
    {"max-width", Values::Plain},
    {"min-height", Values::Plain},
    {"min-width", Values::Plain},
    {"overflow-wrap", Values::Plain},
    {"padding", Values::Plain},
    {"padding-bottom", Values::Plain},
    {"padding-left", Values::Plain},
    {"padding-right", Values::Plain},
    {"padding-top", Values::Plain},
    {"table-layout", Values::Plain},
    {"text-align", Values::Plain},
    {"text-decoration", Values::Plain},
    {"text-decoration-color", Values::Plain},
    {"text-decoration-line", Values::Plain},
    {"text-decoration-style", Values::Plain},
    {"text-indent", Values::Plain},
    {"text-transform", Values::Plain},
    {"vertical-align", Values::Plain},
    {"white-space", Values::Plain},
    {"width", Values::Plain},
    {"word-break", Values::Plain},
    {"word-spacing", Values::Plain},
    {"word-wrap", Values::Plain},
};

std::optional<Property> find_property(std::string_view name) {
  const auto* found = std::lower_bound(
      std::begin(kProperties), std::end(kProperties), name,
      [](const Property& property, std::string_view wanted) { return property.name < wanted; });
  if (found == std::end(kProperties) || found->name != name) return std::nullopt;
  return *found;
}

template <class Test>
bool all(std::string_view text, Test test) {
  return std::all_of(text.begin(), text.end(), test);
}

bool is_hex_digit(char c) { return hex_digit(c) >= 0; }

bool is_hash_colour(std::string_view token) {
  if (token.empty() || token.front() != '#') return false;
  const std::size_t digits = token.size() - 1;
  return (digits == 3 || digits == 4 || digits == 6 || digits == 8) &&
         all(token.substr(1), is_hex_digit);
}

bool is_function_colour(std::string_view token) {
  for (const std::string_view name : {"rgb(", "rgba(", "hsl(", "hsla("}) {
    if (!token.starts_with(name) || !token.ends_with(')')) continue;
    return all(token.substr(name.size(), token.size() - name.size() - 1),
               [](char c) { return is_digit(c) || c == '.' || c == ',' || c == '%' || c == ' '; });
  }
  return false;
}

bool is_word(std::string_view token) {
  return !token.empty() && is_letter(token.front()) &&
         all(token, [](char c) { return is_letter(c) || c == '-'; });
}

// From 0 to 9999, with a unit that depends on no window.
bool is_measure(std::string_view token) {
  const std::size_t whole = std::min(token.find_first_not_of("0123456789"), token.size());
  if (whole > 4) return false;
  token.remove_prefix(whole);
  std::size_t decimals = 0;
  if (token.starts_with('.')) {
    token.remove_prefix(1);
    decimals = std::min(token.find_first_not_of("0123456789"), token.size());
    token.remove_prefix(decimals);
  }
  if (whole + decimals == 0 || decimals > 8) return false;
  constexpr std::string_view kUnits[] = {"",   "px", "pt", "em", "ex", "rem",
                                         "pc", "cm", "mm", "in", "ch", "%"};
  return std::find(std::begin(kUnits), std::end(kUnits), token) != std::end(kUnits);
}

bool is_plain_token(std::string_view token) {
  return is_measure(token) || is_hash_colour(token) || is_function_colour(token) || is_word(token);
}

bool is_font_byte(char c) {
  return is_letter(c) || is_digit(c) || c == ' ' || c == '-' || c == '_' || c == '.';
}

bool is_quoted_font(std::string_view token) {
  return token.size() > 2 && token.front() == '\'' && token.back() == '\'' &&
         all(token.substr(1, token.size() - 2), is_font_byte);
}

// A value in its pieces; each but the separators between them is judged by itself.
class Tokens {
 public:
  explicit Tokens(std::string_view value) : rest_(trim(value)) {}

  bool at_end() const { return rest_.empty(); }

  // The next piece, lower case unless it is a name of a font; empty if it can be none.
  std::string next(bool is_fonts) {
    const char first = rest_.front();
    std::size_t end = 0;
    if (first == '\'' || first == '"') {
      end = rest_.find(first, 1);
      if (end == std::string_view::npos || end > kMaxTokenBytes) return {};
      return "'" + std::string(take(end + 1).substr(1, end - 1)) + "'";
    }
    end = std::min(rest_.find_first_of(" \t\r\n\f,/("), rest_.size());
    if (end < rest_.size() && rest_[end] == '(') {
      end = rest_.find(')', end);
      if (end == std::string_view::npos) return {};
      ++end;
    }
    if (end == 0 || end > kMaxTokenBytes) return {};
    const std::string_view token = take(end);
    if (is_fonts && is_word(token)) return std::string(token);
    return one_line(lower_ascii(token));
  }

  // What stands before the piece after: " ", "," or "/"; nothing at the end.
  std::string_view separator() {
    std::string_view found = " ";
    rest_ = trim(rest_);
    if (rest_.empty()) return {};
    if (rest_.front() == ',' || rest_.front() == '/') {
      found = rest_.front() == ',' ? "," : "/";
      rest_ = trim(rest_.substr(1));
    }
    return found;
  }

 private:
  std::string_view take(std::size_t bytes) {
    const std::string_view taken = rest_.substr(0, bytes);
    rest_.remove_prefix(bytes);
    return taken;
  }

  std::string_view rest_;
};

// The value in its one form; empty if anything in it is not allowed.
std::string safe_value(std::string_view value, bool is_fonts) {
  std::string out;
  Tokens tokens(value);
  while (!tokens.at_end()) {
    const std::string token = tokens.next(is_fonts);
    if (!is_plain_token(token) && !(is_fonts && is_quoted_font(token))) return {};
    out += token;
    const std::string_view separator = tokens.separator();
    if (separator == "/" && !is_fonts) return {};
    if (!separator.empty() && tokens.at_end()) return {};
    out += separator;
  }
  return out;
}

std::string background_colour(std::string_view value) {
  std::string lower = lower_ascii(trim(value));
  if (is_word(lower)) return lower;
  Tokens tokens(lower);
  while (!tokens.at_end()) {
    std::string token = tokens.next(false);
    if (is_hash_colour(token) || is_function_colour(token)) return token;
    if (token.empty()) return {};
    tokens.separator();
  }
  return {};
}

bool is_display(std::string_view value) {
  constexpr std::string_view kWords[] = {
      "block",      "inline",    "inline-block",    "list-item", "none",         "table",
      "table-cell", "table-row", "table-row-group", "inherit",   "inline-table", "table-caption"};
  return std::find(std::begin(kWords), std::end(kWords), value) != std::end(kWords);
}

std::string_view without_important(std::string_view value) {
  const std::size_t mark = value.rfind('!');
  if (mark == std::string_view::npos) return value;
  if (!equals_ignoring_case(trim(value.substr(mark + 1)), "important")) return value;
  return trim(value.substr(0, mark));
}

std::string safe_declaration(std::string_view declaration) {
  const std::size_t colon = declaration.find(':');
  if (colon == std::string_view::npos) return {};
  std::string name = lower_ascii(trim(declaration.substr(0, colon)));
  const auto property = find_property(name);
  if (!property) return {};
  const std::string_view given = without_important(trim(declaration.substr(colon + 1)));
  std::string value = property->values == Values::Background
                          ? background_colour(given)
                          : safe_value(given, property->values == Values::Fonts);
  if (property->values == Values::Background) name = "background-color";
  if (property->values == Values::Display && !is_display(value)) value.clear();
  return value.empty() ? "" : name + ":" + value;
}

}  // namespace

std::string safe_style(std::string_view style) {
  std::string out;
  if (style.size() > kMaxStyleBytes) return out;
  while (!style.empty()) {
    const std::size_t end = std::min(style.find(';'), style.size());
    const std::string declaration = safe_declaration(style.substr(0, end));
    style.remove_prefix(std::min(end + 1, style.size()));
    if (declaration.empty()) continue;
    if (!out.empty()) out += ';';
    out += declaration;
  }
  return out;
}

bool is_colour(std::string_view value) {
  return is_hash_colour(value) || (value.size() == 6 && all(value, is_hex_digit)) ||
         (value.size() <= 30 && all(value, is_letter) && !value.empty());
}

std::string safe_fonts(std::string_view value) {
  std::string out;
  if (value.size() > 200) return out;
  Tokens tokens(value);
  while (!tokens.at_end()) {
    const std::string token = tokens.next(true);
    if (!is_quoted_font(token) && !all(token, is_font_byte)) return {};
    if (token.empty()) return {};
    out += token;
    const std::string_view separator = tokens.separator();
    if (separator == "/") return {};
    if (tokens.at_end()) break;
    out += separator;
  }
  return out;
}

}  // namespace mailkeep::message
