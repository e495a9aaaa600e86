// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Charsets: bytes that claim a charset, as UTF-8. Never fails: what the label hides is guessed,
// what cannot be read becomes U+FFFD, and the finding says so. Private to message/.

#include <iconv.h>

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::message {

enum class CharsetFinding {
  Fine,
  Unknown,      // nobody knows this name: read as UTF-8 or windows-1252
  Mislabelled,  // the bytes are plainly something else
  Broken,       // some bytes mean nothing in this charset
};

struct DecodedText {
  std::string text;
  CharsetFinding finding = CharsetFinding::Fine;
};

// An empty label means none was given.
DecodedText decode_text(std::string_view bytes, std::string_view label);

// The name that iconv knows for a label found in mail: lower case, WHATWG supersets, old aliases.
std::string iconv_name(std::string_view label);

// An open converter into UTF-8; not usable if the C library has none.
class Converter {
 public:
  explicit Converter(const std::string& from);
  Converter(Converter&& other) noexcept;
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  Converter& operator=(Converter&&) = delete;
  ~Converter();

  bool is_usable() const;
  // Sets is_broken if something had to be replaced.
  std::string convert(std::string_view bytes, bool& is_broken) const;

 private:
  iconv_t handle_;
};

// glibc loads a module from a file at the first use of a charset and keeps it as long as one
// converter is open. Holding these open lets a process without file access convert all of them.
std::vector<Converter> preload_charsets();

}  // namespace mailkeep::message
