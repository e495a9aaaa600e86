// SPDX-License-Identifier: GPL-3.0-or-later
// Property: fed in one piece or byte by byte, the same bytes come out and the same number is taken.

#include "fetcher/pop3/dot_unstuffer.h"
#include "tests/fuzz/target.h"

namespace {

struct Outcome {
  std::string bytes;
  std::size_t taken = 0;
  bool operator==(const Outcome&) const = default;
};

Outcome unstuff(std::string_view input, std::size_t piece, bool is_bare_lf) {
  mailkeep::fetcher::pop3::DotUnstuffer unstuffer(is_bare_lf);
  Outcome outcome;
  const auto sink = [&](std::string_view bytes) -> mailkeep::common::Status {
    outcome.bytes += bytes;
    return {};
  };
  while (!input.empty() && !unstuffer.is_done()) {
    const auto taken = unstuffer.feed(input.substr(0, piece), sink);
    if (!taken) break;
    outcome.taken += *taken;
    input.remove_prefix(*taken);
  }
  return outcome;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input = mailkeep::fuzz::as_text(data, size);
  for (const bool is_bare_lf : {false, true})
    mailkeep::fuzz::require(unstuff(input, size + 1, is_bare_lf) == unstuff(input, 1, is_bare_lf));
  return 0;
}
