// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/encoded_words.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "common/encoding.h"
#include "message/text_tools.h"

namespace mailkeep::message {
namespace {

constexpr std::size_t kMaxCharsetBytes = 100;

struct Word {
  std::string charset;  // lower case
  bool is_base64 = false;
  std::string_view text;
  std::size_t end = 0;
};

// RFC 2047 §2: =?charset?encoding?text?=. Blanks in the text and words of any length are tolerated.
class WordReader {
 public:
  explicit WordReader(std::string_view value) : value_(value) {}

  // The word that begins at `begin`, which must never be smaller than in the call before.
  std::optional<Word> read(std::size_t begin) {
    Word word;
    const std::string_view rest = value_.substr(begin + 2, kMaxCharsetBytes);
    const std::size_t length = rest.find('?');
    if (length == std::string_view::npos) return std::nullopt;
    // RFC 2231 §5: charset*language.
    const std::string_view charset = rest.substr(0, std::min(length, rest.find('*')));
    if (charset.empty() || std::any_of(charset.begin(), charset.end(), is_space))
      return std::nullopt;
    word.charset = lower_ascii(charset);

    const std::size_t text_at = begin + 2 + length + 3;
    if (text_at > value_.size() || value_[text_at - 1] != '?') return std::nullopt;
    const char encoding = value_[text_at - 2];
    word.is_base64 = encoding == 'b' || encoding == 'B';
    if (!word.is_base64 && encoding != 'q' && encoding != 'Q') return std::nullopt;

    // Kept from word to word: a value full of beginnings without an end is still read in one pass.
    if (close_ < text_at) close_ = value_.find("?=", text_at);
    if (close_ == std::string_view::npos) return std::nullopt;
    word.text = value_.substr(text_at, close_ - text_at);
    if (word.text.find("=?") != std::string_view::npos) return std::nullopt;
    word.end = close_ + 2;
    return word;
  }

 private:
  std::string_view value_;
  std::size_t close_ = 0;
};

std::string decode_q(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
    if (text[i] == '=' && high >= 0 && low >= 0) {
      bytes.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      bytes.push_back(text[i] == '_' ? ' ' : text[i]);
    }
  }
  return bytes;
}

int base64_digit(char c) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  if (is_digit(c)) return c - '0' + 52;
  return c == '+' ? 62 : c == '/' ? 63 : -1;
}

// Base64 as mail has it: with padding, without, or with padding in the middle.
class Base64Reader {
 public:
  // False if the text is no base64.
  bool read(std::string_view text, std::string& bytes) {
    for (const char c : text) {
      const int digit = base64_digit(c);
      if (digit >= 0)
        take(static_cast<std::uint32_t>(digit), bytes);
      else if (c == '=')
        flush(bytes);
      else if (!is_space(c))
        return false;
    }
    // Some programs cut the base64 text itself into words, so that a group of four goes on in the
    // next one. Bits that belong to no byte are zero where it is the padding that is missing.
    if (digits_ >= 2 && (bits_ & ((1U << (digits_ * 6 % 8)) - 1)) == 0) flush(bytes);
    return true;
  }

  // What is whole of a group that will not go on.
  void flush(std::string& bytes) {
    for (unsigned left = digits_ * 6; left >= 8; left -= 8)
      bytes.push_back(static_cast<char>(bits_ >> (left - 8) & 0xffU));
    bits_ = 0;
    digits_ = 0;
  }

 private:
  void take(std::uint32_t digit, std::string& bytes) {
    bits_ = bits_ << 6U | digit;
    if (++digits_ == 4) flush(bytes);
  }

  std::uint32_t bits_ = 0;
  unsigned digits_ = 0;
};

struct Piece {
  std::string text;
  bool was_encoded;
};

class Pieces {
 public:
  explicit Pieces(ToUtf8 to_utf8) : to_utf8_(to_utf8) {}

  std::vector<Piece> read(std::string_view value) {
    WordReader reader(value);
    for (std::size_t at = 0; at < value.size();) {
      const std::size_t begin = std::min(value.find("=?", at), value.size());
      plain_ += value.substr(at, begin - at);
      if (begin == value.size()) break;
      const std::optional<Word> word = reader.read(begin);
      if (word && take(*word)) {
        at = word->end;
      } else {
        plain_ += "=?";
        at = begin + 2;
      }
    }
    end_run();
    end_plain();
    return std::move(pieces_);
  }

 private:
  // RFC 2047 §5 (3) and §6.2 want whole characters in each word, but many programs cut anywhere, so
  // neighbours of one charset are joined as bytes.
  bool take(const Word& word) {
    // White space between two encoded words is no part of the text.
    const bool goes_on = is_in_run_ && trim(plain_).empty();
    const bool is_same = goes_on && word.charset == charset_;
    Base64Reader base64 = is_same ? base64_ : Base64Reader();
    std::string bytes;
    if (word.is_base64 && !base64.read(word.text, bytes)) return false;
    if (!word.is_base64) {
      base64.flush(bytes);
      bytes += decode_q(word.text);
    }
    if (!goes_on) {
      end_run();
      end_plain();
    } else if (!is_same) {
      end_charset();
    }
    plain_.clear();
    charset_ = word.charset;
    base64_ = base64;
    bytes_ += bytes;
    is_in_run_ = true;
    return true;
  }

  void end_charset() {
    base64_.flush(bytes_);
    text_ += to_utf8_(bytes_, charset_);
    bytes_.clear();
  }

  void end_run() {
    if (!is_in_run_) return;
    end_charset();
    pieces_.push_back({std::exchange(text_, {}), true});
    is_in_run_ = false;
  }

  void end_plain() {
    if (!plain_.empty()) pieces_.push_back({to_utf8_(plain_, {}), false});
    plain_.clear();
  }

  ToUtf8 to_utf8_;
  std::vector<Piece> pieces_;
  std::string plain_;  // behind the run, if there is one
  bool is_in_run_ = false;
  std::string text_;     // of the run, up to the charset that is being read
  std::string charset_;  // of bytes_
  std::string bytes_;
  Base64Reader base64_;
};

// Never base64: GMime ends at the padding of a word and forgets the words behind it. Control
// characters would end or fold the value that is parsed.
void append_q_word(std::string_view text, std::string& out) {
  out += "=?utf-8?Q?";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (is_letter(c) || is_digit(c))
      out.push_back(c);
    else if (byte <= 0x20 || byte == 0x7f)
      out.push_back('_');
    else
      out += "=" + common::to_hex({&c, 1});
  }
  out += "?=";
}

// GMime leaves out what only begins like an encoded word, so "=?" is written as one. White space
// before it is written along, or it would be lost after another word.
void append_plain(std::string_view text, std::string& out) {
  for (std::size_t at = text.find("=?"); at != std::string_view::npos; at = text.find("=?")) {
    const std::string_view before = text.substr(0, at);
    const std::size_t kept = before.find_last_not_of(" \t\r\n") + 1;
    out += before.substr(0, kept);
    append_q_word(kept < at ? " =?" : "=?", out);
    text.remove_prefix(at + 2);
  }
  out += text;
}

}  // namespace

std::string decode_words(std::string_view value, ToUtf8 to_utf8) {
  std::string text;
  for (const Piece& piece : Pieces(to_utf8).read(value)) text += piece.text;
  return text;
}

std::string join_words(std::string_view value, ToUtf8 to_utf8) {
  std::string joined;
  for (const Piece& piece : Pieces(to_utf8).read(value)) {
    if (!piece.was_encoded)
      append_plain(piece.text, joined);
    else if (!piece.text.empty())
      append_q_word(piece.text, joined);
  }
  return joined;
}

}  // namespace mailkeep::message
