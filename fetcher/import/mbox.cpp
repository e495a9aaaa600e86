// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/import/mbox.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <memory>
#include <string>

#include "fetcher/import/line_pieces.h"

namespace mailkeep::fetcher {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool has_time(std::string_view line) {
  for (std::size_t i = 2; i + 2 < line.size(); ++i)
    if (line[i] == ':' && is_digit(line[i - 1]) && is_digit(line[i + 1]) && is_digit(line[i + 2]))
      return true;
  return false;
}

bool has_year(std::string_view line) {
  std::size_t digits = 0;
  for (const char c : line) {
    digits = is_digit(c) ? digits + 1 : 0;
    if (digits == 4) return true;
  }
  return false;
}

std::string_view without_line_end(std::string_view line) {
  while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
  return line;
}

// ">From ", ">>From ", ...: quoted by whoever wrote the mbox.
bool is_quoted_from(std::string_view line) {
  const std::size_t arrows = line.find_first_not_of('>');
  return arrows != std::string_view::npos && arrows > 0 && line.substr(arrows).starts_with("From ");
}

class Splitter {
 public:
  explicit Splitter(MboxSink& sink) : sink_(sink) {}

  common::Status take(const LinePiece& piece) {
    if (piece.starts_line && may_separate_ && is_mbox_separator(piece.bytes)) {
      held_.clear();  // the empty line before a separator belongs to it
      MAILKEEP_CHECKED(end_message());
      is_open_ = true;
      is_separator_line_ = !piece.ends_line;
      return sink_.begin_message(piece.offset);
    }
    if (is_separator_line_) {
      is_separator_line_ = !piece.ends_line;
      return {};
    }
    return take_content(piece);
  }

  common::Status end_message() {
    if (!is_open_) return {};
    is_open_ = false;
    if (!held_.empty()) held_.clear();  // the empty line that ends the last message of the file
    return sink_.end_message();
  }

 private:
  common::Status take_content(const LinePiece& piece) {
    if (!is_open_) {  // text before the first separator: a message without one
      is_open_ = true;
      MAILKEEP_CHECKED(sink_.begin_message(piece.offset));
    }
    if (!held_.empty()) {
      MAILKEEP_CHECKED(sink_.bytes(held_));
      held_.clear();
    }
    const bool is_empty_line =
        piece.starts_line && piece.ends_line && without_line_end(piece.bytes).empty();
    may_separate_ = is_empty_line;
    if (is_empty_line) {
      held_ = piece.bytes;
      return {};
    }
    const bool is_quoted = piece.starts_line && is_quoted_from(piece.bytes);
    return sink_.bytes(is_quoted ? piece.bytes.substr(1) : piece.bytes);
  }

  MboxSink& sink_;
  std::string held_;  // an empty line that may turn out to belong to a separator
  bool is_open_ = false;
  bool may_separate_ = true;
  bool is_separator_line_ = false;
};

}  // namespace

bool is_mbox_separator(std::string_view line) {
  if (!line.starts_with("From ")) return false;
  const std::string_view text = without_line_end(line);
  return has_time(text) && has_year(text);
}

common::Status split_mbox(const std::filesystem::path& path, MboxSink& sink) {
  Splitter splitter(sink);
  MAILKEEP_CHECKED(
      each_line_piece(path, [&](const LinePiece& piece) { return splitter.take(piece); }));
  return splitter.end_message();
}

}  // namespace mailkeep::fetcher
