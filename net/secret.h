// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Secret: bytes that are zeroed when they are no longer needed and that nothing can print by
// accident (no conversion, no stream operator, no formatter; a test holds the type to it).

#include <string>
#include <string_view>

namespace mailkeep::net {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string&& bytes);  // takes the bytes and zeroes where they were
  Secret(Secret&& other) noexcept;
  Secret& operator=(Secret&& other) noexcept;
  Secret(const Secret&) = delete;
  Secret& operator=(const Secret&) = delete;
  ~Secret();

  // For the moment of use. Whoever copies it zeroes the copy.
  std::string_view reveal() const { return bytes_; }

 private:
  std::string bytes_;
};

void zero(std::string& bytes);  // overwrites and empties; the compiler may not leave it out

}  // namespace mailkeep::net
