// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// FolderRules: which folders of an account are archived, by the account's globs.

#include <string>
#include <string_view>
#include <vector>

namespace mailkeep::fetcher {

// '*' stands for any characters, separators too, '?' for one; everything else for itself.
bool glob_matches(std::string_view pattern, std::string_view text);

class FolderRules {
 public:
  FolderRules(std::vector<std::string> include, std::vector<std::string> exclude)
      : include_(std::move(include)), exclude_(std::move(exclude)) {}

  // The name as it came over the wire. The globs see it decoded; INBOX is written in any case.
  bool includes(std::string_view wire_name) const;

 private:
  std::vector<std::string> include_;  // none: every folder
  std::vector<std::string> exclude_;  // wins over include_
};

}  // namespace mailkeep::fetcher
