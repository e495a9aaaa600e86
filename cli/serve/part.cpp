// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/serve/part.h"

namespace mailkeep::cli {

void PartState::beat() {
  pulse_.with([](Pulse& pulse) { pulse = {std::chrono::steady_clock::now(), std::nullopt}; });
}

void PartState::beat(const common::Status& last_look) {
  last_look ? beat() : set_trouble(last_look.error());
}

void PartState::set_trouble(const common::Error& error) {
  pulse_.with([&error](Pulse& pulse) { pulse = {std::chrono::steady_clock::now(), error.kind}; });
}

bool PartState::is_fresh(std::chrono::seconds patience) const {
  return pulse_.with([&](const Pulse& pulse) {
    return !pulse.last || std::chrono::steady_clock::now() - *pulse.last < patience;
  });
}

bool PartState::has_begun() const {
  return pulse_.with([](const Pulse& pulse) { return pulse.last.has_value(); });
}

api::PartView PartState::view() const {
  return pulse_.with([this](const Pulse& pulse) -> api::PartView {
    if (!pulse.last) return {name_, false, "starting"};
    // The whole sentence is for the operator and stands in the log; anybody may ask for this.
    if (pulse.trouble) return {name_, false, std::string(common::name_of(*pulse.trouble))};
    return {name_, true, ""};
  });
}

}  // namespace mailkeep::cli
