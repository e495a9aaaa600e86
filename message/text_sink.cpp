// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/text_sink.h"

#include <cstring>

#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

// Each line is searched for in the whole earlier text; beyond this product both are kept.
constexpr std::size_t kMaxComparisons = 1UL << 28U;

bool contains(const std::string& text, const std::string& words) {
  return memmem(text.data(), text.size(), words.data(), words.size()) != nullptr;
}

std::string lines_not_in(const std::string& earlier, std::string_view text) {
  std::string kept;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string words = words_only(line);
    if (words.size() <= 1 || contains(earlier, words)) continue;
    kept += line;
    kept += '\n';
  }
  return kept;
}

}  // namespace

void TextSink::add(std::string_view text) {
  if (text.empty()) return;
  if (text.size() > room_) {
    is_over_ = true;
    text = cut_utf8(text, room_);
  }
  room_ -= text.size();
  text_ += text;
  text_ += '\n';
}

void TextSink::end_alternative(std::size_t first) {
  const std::string_view all = text_;
  const std::string_view later = all.substr(alternative_);
  const std::string earlier = words_only(all.substr(first, alternative_ - first));
  if (earlier.size() <= 1 || later.empty()) return;
  if (words_only(later).size() > kMaxComparisons / earlier.size()) return;
  const std::string kept = lines_not_in(earlier, later);
  room_ += later.size() - kept.size();
  text_.resize(alternative_);
  text_ += kept;
}

}  // namespace mailkeep::message
