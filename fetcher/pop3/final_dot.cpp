// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/pop3/final_dot.h"

#include <algorithm>
#include <array>
#include <utility>

namespace mailkeep::fetcher::pop3 {

namespace {

constexpr std::string_view kEnd = ".\r\n";
constexpr std::array<std::string_view, 2> kAnswers = {".\r\n+OK", ".\r\n-ERR"};

// How much of the text's end is the beginning of one of the answers, but not yet all of it.
std::size_t open_end(std::string_view text) {
  std::size_t longest = 0;
  for (const std::string_view answer : kAnswers) {
    for (std::size_t size = std::min(answer.size() - 1, text.size()); size > longest; --size) {
      if (text.substr(text.size() - size) == answer.substr(0, size)) longest = size;
    }
  }
  return longest;
}

bool has_answer(std::string_view text) {
  for (auto at = text.find(kEnd); at != text.npos; at = text.find(kEnd, at + kEnd.size())) {
    const std::string_view rest = text.substr(at);
    for (const std::string_view answer : kAnswers) {
      if (rest.substr(0, answer.size()) == answer) return true;
    }
  }
  return false;
}

}  // namespace

common::Status FinalDot::pass(std::string_view content, const Sink& sink) {
  std::string joined;
  if (!held_.empty()) {
    joined.reserve(held_.size() + content.size());
    joined.append(held_).append(content);
    content = joined;
  }
  has_answer_inside_ = has_answer_inside_ || has_answer(content);
  const std::size_t open = open_end(content);
  held_.assign(content.substr(content.size() - open));
  content.remove_suffix(open);
  return content.empty() ? common::Status() : sink(content);
}

common::Status FinalDot::release(const Sink& sink) {
  const std::string held = std::exchange(held_, {});
  return held.empty() ? common::Status() : sink(held);
}

}  // namespace mailkeep::fetcher::pop3
