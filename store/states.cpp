// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/states.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "store/enum_words.h"

namespace mailkeep::store {
namespace {

constexpr EnumWords<StateKind, 3> kStateKinds = {{{StateKind::Flags, "flags"},
                                                  {StateKind::Labels, "labels"},
                                                  {StateKind::Presence, "presence"}}};

constexpr EnumWords<DeletionState, 3> kDeletionStates = {{{DeletionState::Intended, "intended"},
                                                          {DeletionState::Done, "done"},
                                                          {DeletionState::Failed, "failed"}}};

bool is_recent(std::string_view flag) {
  constexpr std::string_view kRecent = "\\recent";
  return std::equal(flag.begin(), flag.end(), kRecent.begin(), kRecent.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

}  // namespace

std::string_view name_of(StateKind kind) { return word_for(kStateKinds, kind); }
std::optional<StateKind> state_kind(std::string_view name) { return enum_from(kStateKinds, name); }
std::string_view name_of(DeletionState state) { return word_for(kDeletionStates, state); }

std::string normal_flags(std::string_view flags) {
  std::vector<std::string_view> words;
  while (!flags.empty()) {
    const std::size_t end = std::min(flags.find(' '), flags.size());
    if (end > 0 && !is_recent(flags.substr(0, end))) words.push_back(flags.substr(0, end));
    flags.remove_prefix(std::min(end + 1, flags.size()));
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  std::string text;
  for (const std::string_view word : words) {
    if (!text.empty()) text.push_back(' ');
    text.append(word);
  }
  return text;
}

}  // namespace mailkeep::store
