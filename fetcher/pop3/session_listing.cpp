// SPDX-License-Identifier: GPL-3.0-or-later
#include <algorithm>

#include "fetcher/pop3/session.h"
#include "fetcher/pop3/words.h"

namespace mailkeep::fetcher::pop3 {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

bool by_number(const Listed& a, const Listed& b) { return a.number < b.number; }
bool is_same_number(const Listed& a, const Listed& b) { return a.number == b.number; }

// Gathers lines in bounded memory; the UIDLs get their views when all bytes are in place.
class ListingBuilder {
 public:
  ListingBuilder(Listing& listing, const Limits& limits) : listing_(listing), limits_(limits) {}

  Status add(std::uint32_t number, std::string_view uidl) {
    if (listing_.messages.size() >= limits_.messages ||
        listing_.bytes.size() + uidl.size() > limits_.uidl_bytes) {
      return common::fail(ErrorKind::Limit, "the server lists more than {} messages",
                          listing_.messages.size());
    }
    // The length now, the place later: the bytes may still move.
    listing_.messages.push_back({number, std::string_view(kNowhere, uidl.size()), std::nullopt});
    listing_.bytes.insert(listing_.bytes.end(), uidl.begin(), uidl.end());
    return {};
  }

  void finish() {
    const char* place = listing_.bytes.data();
    for (Listed& message : listing_.messages) {
      message.uidl =
          message.uidl.empty() ? std::string_view() : std::string_view(place, message.uidl.size());
      place += message.uidl.size();
    }
    auto& all = listing_.messages;
    const bool is_sorted =
        std::adjacent_find(all.begin(), all.end(), [](const auto& a, const auto& b) {
          return a.number >= b.number;
        }) == all.end();
    if (is_sorted) return;
    std::stable_sort(all.begin(), all.end(), by_number);
    all.erase(std::unique(all.begin(), all.end(), is_same_number), all.end());
  }

 private:
  static constexpr const char* kNowhere = "";
  Listing& listing_;
  const Limits& limits_;
};

}  // namespace

Result<Listing> Session::list() {
  Listing listing;
  ListingBuilder builder(listing, limits_);
  MAILKEEP_TRY(uidl, command("UIDL"));
  listing.has_uidls = uidl.is_ok;
  if (uidl.is_ok) {
    MAILKEEP_CHECKED(each_line([&](std::string_view line) -> Status {
      std::string_view word = take_word(line);
      if (word == "+OK") word = take_word(line);  // seen at the beginning of every line
      const auto number = parse_number<std::uint32_t>(word);
      return number ? builder.add(*number, line) : Status();
    }));
    builder.finish();
  }
  MAILKEEP_TRY(sizes, command("LIST"));
  if (!sizes.is_ok) return listing;
  const auto note_size = [&](std::string_view line) -> Status {
    const auto number = parse_number<std::uint32_t>(take_word(line));
    if (!number) return {};
    if (!listing.has_uidls) return builder.add(*number, {});
    // A message that came between UIDL and LIST has no UIDL yet: it is for the next pass.
    const auto found = std::lower_bound(listing.messages.begin(), listing.messages.end(),
                                        Listed{*number, {}, {}}, by_number);
    if (found == listing.messages.end() || found->number != *number) return {};
    found->size = parse_number<std::uint64_t>(take_word(line));
    return {};
  };
  MAILKEEP_CHECKED(each_line(note_size));
  if (!listing.has_uidls) builder.finish();
  return listing;
}

}  // namespace mailkeep::fetcher::pop3
