// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/query_syntax.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "common/encoding.h"
#include "common/printable.h"
#include "indexer/search/query_ranges.h"

namespace mailkeep::search {
namespace {

using common::ErrorKind;
using common::Result;
using Kind = QueryNode::Kind;

constexpr unsigned kDefaultNear = 10;
constexpr unsigned kMaxNear = 1'000;

bool is_white(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
std::size_t characters_in(std::string_view text) {
  const auto begins = [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; };
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), begins));
}
bool is_name_char(char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-'; }

// Recursive descent over this grammar:
//   or    = and { "OR" and }
//   and   = unary { ["AND"] unary }
//   unary = ("NOT" | "-") unary | near
//   near  = primary { "NEAR/"n primary }
//   primary = "(" or ")" | [field ":"] ( "(" or ")" | quoted | word )
class Parser {
 public:
  Parser(std::string_view query, common::Micros now, std::optional<QueryFault>* fault)
      : query_(query), now_(now), fault_(fault) {}

  Result<QueryNode> run() {
    skip_white();
    if (at_end()) return query_error("", 1, "the query is empty; '*' finds every message", fault_);
    MAILKEEP_TRY(node, parse_or(0));
    if (!at_end()) return error(")", at_, "no '(' before it");
    return node;
  }

 private:
  bool at_end() const { return at_ >= query_.size(); }
  char peek() const { return at_end() ? '\0' : query_[at_]; }
  void skip_white() {
    while (!at_end() && is_white(peek())) ++at_;
  }

  // Positions are given in characters, as people count.
  std::size_t position_of(std::size_t at) const { return 1 + characters_in(query_.substr(0, at)); }

  tl::unexpected<common::Error> error(std::string_view source, std::size_t at,
                                      std::string_view reason) const {
    return query_error(source, position_of(at), reason, fault_);
  }

  tl::unexpected<common::Error> refused(const QueryNode& node, std::string_view reason) const {
    return query_error(node.source, node.position, reason, fault_);
  }

  // The word at a place: up to white space, a bracket or a quote.
  std::string_view word_at(std::size_t at) const {
    std::size_t end = at;
    while (end < query_.size() && !is_white(query_[end]) && query_[end] != '(' &&
           query_[end] != ')' && query_[end] != '"')
      ++end;
    return query_.substr(at, end - at);
  }

  // The word that comes next, or the bracket or quote.
  std::string_view here() const {
    const std::string_view word = word_at(at_);
    return word.empty() ? query_.substr(at_, 1) : word;
  }

  bool take_operator(std::string_view name) {
    if (word_at(at_) != name) return false;
    at_ += name.size();
    skip_white();
    return true;
  }

  bool ends_here() const { return at_end() || peek() == ')'; }

  Result<QueryNode> operand(Result<QueryNode> (Parser::*parse)(std::size_t), std::size_t depth,
                            std::string_view name, std::size_t name_at) {
    if (ends_here()) return error(name, name_at, "nothing follows it");
    return (this->*parse)(depth);
  }

  Result<QueryNode> parse_or(std::size_t depth) {
    MAILKEEP_TRY(first, parse_and(depth));
    std::vector<QueryNode> parts;
    parts.push_back(std::move(first));
    for (;;) {
      const std::size_t name_at = at_;
      if (!take_operator("OR")) break;
      MAILKEEP_TRY(next, operand(&Parser::parse_and, depth, "OR", name_at));
      parts.push_back(std::move(next));
    }
    return joined(Kind::Or, std::move(parts));
  }

  Result<QueryNode> parse_and(std::size_t depth) {
    MAILKEEP_CHECKED(refuse_leading_operator());
    MAILKEEP_TRY(first, parse_unary(depth));
    std::vector<QueryNode> parts;
    parts.push_back(std::move(first));
    while (!ends_here() && word_at(at_) != "OR") {
      const std::size_t name_at = at_;
      const bool has_and = take_operator("AND");
      if (has_and && ends_here()) return error("AND", name_at, "nothing follows it");
      if (has_and) MAILKEEP_CHECKED(refuse_leading_operator());
      MAILKEEP_TRY(next, parse_unary(depth));
      parts.push_back(std::move(next));
    }
    return joined(Kind::And, std::move(parts));
  }

  common::Status refuse_leading_operator() const {
    const std::string_view word = word_at(at_);
    if (word == "AND" || word == "OR") return error(word, at_, "nothing to combine before it");
    return {};
  }

  static QueryNode joined(Kind kind, std::vector<QueryNode> parts) {
    if (parts.size() == 1) return std::move(parts.front());
    QueryNode node;
    node.kind = kind;
    node.source = parts.front().source;
    node.position = parts.front().position;
    node.children = std::move(parts);
    return node;
  }

  Result<QueryNode> parse_unary(std::size_t depth) {
    if (depth > kMaxNesting)
      return error(here(), at_, fmt::format("more than {} levels deep", kMaxNesting));
    const std::size_t start = at_;
    const bool is_dash = peek() == '-' && at_ + 1 < query_.size() && !is_white(query_[at_ + 1]);
    if (is_dash) ++at_;
    if (!is_dash && !take_operator("NOT")) return parse_near(depth);
    MAILKEEP_TRY(child, operand(&Parser::parse_unary, depth + 1, is_dash ? "-" : "NOT", start));
    QueryNode node;
    node.kind = Kind::Not;
    node.source = child.source;
    node.position = child.position;
    node.children.push_back(std::move(child));
    return node;
  }

  std::optional<unsigned> take_near() {
    const std::string_view word = word_at(at_);
    if (word != "NEAR" && !word.starts_with("NEAR/")) return std::nullopt;
    unsigned distance = kDefaultNear;
    if (word.size() > 5) {
      const auto [end, problem] =
          std::from_chars(word.data() + 5, word.data() + word.size(), distance);
      if (problem != std::errc() || end != word.data() + word.size()) return std::nullopt;
    }
    if (distance == 0 || distance > kMaxNear) return std::nullopt;
    at_ += word.size();
    skip_white();
    return distance;
  }

  Result<QueryNode> parse_near(std::size_t depth) {
    MAILKEEP_TRY(first, parse_primary(depth));
    QueryNode near;
    near.kind = Kind::Near;
    near.source = first.source;
    near.position = first.position;
    near.children.push_back(std::move(first));
    for (;;) {
      const std::size_t name_at = at_;
      const auto distance = take_near();
      if (!distance) break;
      near.distance = std::max(near.distance, *distance);
      MAILKEEP_TRY(next, operand(&Parser::parse_primary, depth, "NEAR", name_at));
      near.children.push_back(std::move(next));
    }
    if (near.children.size() == 1) return std::move(near.children.front());
    for (const QueryNode& child : near.children) {
      const bool is_words = child.kind == Kind::Words || child.kind == Kind::Exact;
      if (!is_words || child.field != near.children.front().field ||
          (child.field != nullptr && child.field->kind != FieldKind::Text))
        return refused(child, "NEAR takes words of one field");
    }
    return near;
  }

  Result<QueryNode> parse_primary(std::size_t depth) {
    if (++nodes_ > kMaxQueryNodes)
      return error(here(), at_, fmt::format("more than {} words", kMaxQueryNodes));
    if (peek() == '(') return parse_group(depth, at_);
    if (peek() == '"') return parse_quoted(at_);
    const std::size_t start = at_;
    const std::string_view word = word_at(at_);
    const std::size_t colon = word.find(':');
    if (colon == std::string_view::npos || !looks_like_field(word, colon)) return parse_word(start);
    return parse_field(word.substr(0, colon), start, depth);
  }

  // "http://..." and "12:30" are words; "subject:" and "foo:bar" mean a field.
  static bool looks_like_field(std::string_view word, std::size_t colon) {
    const std::string_view name = word.substr(0, colon);
    return !name.empty() && name.front() >= 'a' && name.front() <= 'z' &&
           std::all_of(name.begin(), name.end(), is_name_char) &&
           !word.substr(colon + 1).starts_with("//");
  }

  Result<QueryNode> parse_field(std::string_view name, std::size_t start, std::size_t depth) {
    const std::string_view whole = word_at(start);
    const Field* field = find_field(name);
    if (field == nullptr)
      return error(whole, start,
                   fmt::format("unknown field '{}'; known fields: {}", common::printable(name),
                               field_names()));
    if (field_ != nullptr)
      return error(whole, start, fmt::format("already inside '{}:( )'", field_->name));
    at_ += name.size() + 1;
    field_ = field;
    auto node = parse_value(start, depth);
    field_ = nullptr;
    return node;
  }

  Result<QueryNode> parse_value(std::size_t start, std::size_t depth) {
    if (peek() == '(') return parse_group(depth, start);
    if (peek() == '"') return parse_quoted(start);
    if (word_at(at_).empty()) return error(word_at(start), start, "nothing after the colon");
    return parse_word(start);
  }

  Result<QueryNode> parse_group(std::size_t depth, std::size_t start) {
    const std::size_t open = at_++;
    const std::string_view source = query_.substr(start, open - start + 1);
    skip_white();
    if (at_end()) return error(source, start, "the bracket is not closed");
    if (peek() == ')') return error(query_.substr(start, at_ - start + 1), start, "empty group");
    if (depth + 1 > kMaxNesting)
      return error("(", open, fmt::format("more than {} levels deep", kMaxNesting));
    MAILKEEP_TRY(node, parse_or(depth + 1));
    if (peek() != ')') return error(source, start, "the bracket is not closed");
    ++at_;
    skip_white();
    return node;
  }

  Result<QueryNode> parse_quoted(std::size_t start) {
    const std::size_t open = at_++;
    const std::size_t close = query_.find('"', at_);
    if (close == std::string_view::npos)
      return error(query_.substr(start), start, "the quote is not closed");
    const std::string_view text = query_.substr(open + 1, close - open - 1);
    at_ = close + 1;
    const std::string_view source = query_.substr(start, at_ - start);
    skip_white();
    return leaf(Kind::Exact, text, source, start);
  }

  Result<QueryNode> parse_word(std::size_t start) {
    std::string_view text = word_at(at_);
    at_ += text.size();
    const std::string_view source = query_.substr(start, at_ - start);
    skip_white();
    if (text == "*" && (field_ == nullptr || field_->kind != FieldKind::Text)) {
      if (field_ == nullptr) return everything(source, start);
      return error(source, start, "'*' alone does not work here");
    }
    Kind kind = Kind::Words;
    if (text.starts_with('=')) {
      kind = Kind::Exact;
      text.remove_prefix(1);
    }
    if (text.ends_with('*')) {
      text.remove_suffix(1);
      kind = Kind::Prefix;
    }
    if (text.find('*') != std::string_view::npos)
      return error(source, start, "'*' is possible only at the end of a word");
    return leaf(kind, text, source, start);
  }

  QueryNode everything(std::string_view source, std::size_t start) const {
    QueryNode node;
    node.source = source;
    node.position = position_of(start);
    return node;
  }

  Result<QueryNode> leaf(Kind kind, std::string_view text, std::string_view source,
                         std::size_t start) const {
    QueryNode node;
    node.kind = kind;
    node.field = field_;
    node.text = text;
    node.source = source;
    node.position = position_of(start);
    if (field_ == nullptr || field_->kind == FieldKind::Text) {
      if (text.empty()) return error(source, start, "there is no word in it");
      return node;
    }
    return value_leaf(std::move(node));
  }

  Result<QueryNode> value_leaf(QueryNode node) const {
    if (node.text.empty() && node.kind != Kind::Prefix)
      return refused(node, "nothing after the colon");
    switch (field_->kind) {
      case FieldKind::Date:
      case FieldKind::After:
      case FieldKind::Before:
        return date_leaf(std::move(node));
      case FieldKind::Larger:
      case FieldKind::Smaller:
        return size_leaf(std::move(node));
      case FieldKind::Digest:
        return digest_leaf(std::move(node));
      case FieldKind::Boolean:
      case FieldKind::Text:
        return boolean_leaf(std::move(node));
    }
    return node;
  }

  Result<QueryNode> date_leaf(QueryNode node) const {
    const auto range = parse_dates(node.text, now_);
    if (!range || node.kind == Kind::Prefix)
      return refused(node,
                     "no date; write 2024, 2024-03, 2024-03-01, 2024-03-01..2024-06-30, "
                     "..2020, today, yesterday or 7d");
    node.kind = Kind::Date;
    node.from = field_->kind == FieldKind::Before ? 0 : range->from;
    node.to = field_->kind == FieldKind::Date    ? range->to
              : field_->kind == FieldKind::After ? kNoEnd
                                                 : range->from;
    return node;
  }

  Result<QueryNode> size_leaf(QueryNode node) const {
    const auto size = parse_size(node.text);
    if (!size || node.kind == Kind::Prefix)
      return refused(node, "no size; write 300, 20k, 5M or 1G");
    const bool is_larger = field_->kind == FieldKind::Larger;
    node.kind = Kind::Size;
    node.from = is_larger ? *size + 1 : 0;
    node.to = is_larger ? kNoEnd : *size;
    return node;
  }

  Result<QueryNode> digest_leaf(QueryNode node) const {
    node.text = fold_case(node.text);
    const bool is_hex = std::all_of(node.text.begin(), node.text.end(), [](char c) {
      return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
    });
    if (!is_hex || node.text.size() < 4 || node.text.size() > 64)
      return refused(node, "no id; write 4 to 64 hexadecimal digits");
    node.kind = node.text.size() == 64 ? Kind::Exact : Kind::Prefix;
    return node;
  }

  Result<QueryNode> boolean_leaf(QueryNode node) const {
    const bool is_id = field_->id == FieldId::MessageId || field_->id == FieldId::References;
    if (is_id && node.text.size() > 2 && node.text.front() == '<' && node.text.back() == '>')
      node.text = node.text.substr(1, node.text.size() - 2);
    if (field_->id == FieldId::Has && node.text != "attachment" && node.text != "unsearchable" &&
        node.text != "oddity")
      return refused(node, "has: knows attachment, unsearchable and oddity");
    if (node.kind == Kind::Words) node.kind = Kind::Exact;
    return node;
  }

  std::string_view query_;
  common::Micros now_;
  std::optional<QueryFault>* fault_;
  std::size_t at_ = 0;
  std::size_t nodes_ = 0;
  const Field* field_ = nullptr;
};

std::string leaf_text(const QueryNode& node) {
  const std::string field = node.field == nullptr ? "" : std::string(node.field->name) + ":";
  if (node.kind == Kind::Exact) return field + "\"" + node.text + "\"";
  if (node.kind == Kind::Prefix) return field + node.text + "*";
  if (node.kind == Kind::Words) return field + node.text;
  const std::string to = node.to == kNoEnd ? "" : std::to_string(node.to);
  return fmt::format("{}[{}..{})", node.kind == Kind::Date ? "date" : "size", node.from, to);
}

}  // namespace

common::Result<QueryNode> parse_query(std::string_view query, common::Micros now,
                                      std::optional<QueryFault>* fault) {
  if (query.size() > kMaxQueryBytes)
    return query_error("", 1,
                       fmt::format("the query has {} bytes; at most {} are possible", query.size(),
                                   kMaxQueryBytes),
                       fault);
  if (!common::is_valid_utf8(query))
    return query_error("", 1, "the query is not valid UTF-8", fault);
  return Parser(query, now, fault).run();
}

std::string to_text(const QueryNode& node) {
  if (node.kind == Kind::Everything) return "*";
  if (node.children.empty()) return leaf_text(node);
  std::string text = node.kind == Kind::And   ? "(and"
                     : node.kind == Kind::Or  ? "(or"
                     : node.kind == Kind::Not ? "(not"
                                              : fmt::format("(near/{}", node.distance);
  for (const QueryNode& child : node.children) text += " " + to_text(child);
  return text + ")";
}

tl::unexpected<common::Error> query_error(std::string_view source, std::size_t position,
                                          std::string_view reason,
                                          std::optional<QueryFault>* fault) {
  if (fault != nullptr)
    *fault = QueryFault{std::string(source), position, characters_in(source), std::string(reason)};
  if (source.empty()) return common::fail(ErrorKind::Usage, "{}", reason);
  constexpr std::size_t kShown = 80;
  std::string shown = common::printable(source.substr(0, kShown));
  if (source.size() > kShown) shown += "...";
  return common::fail(ErrorKind::Usage, "in '{}' (character {}): {}", shown, position, reason);
}

}  // namespace mailkeep::search
