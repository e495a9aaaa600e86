// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Envelope: what the header block of a message says, read through GMime. Private to message/.

#include <cstddef>
#include <string>
#include <vector>

#include "message/gobject.h"
#include "message/parsed_message.h"

namespace mailkeep::message {

// Notes each distinct oddity once, up to a number no honest message reaches.
void note(std::vector<std::string>& list, std::string what);

// Fills in everything that comes from headers. Recipients beyond the limit are left out and noted
// as unsearchable.
void read_envelope(GMimeMessage* message, std::size_t max_recipients, ParsedMessage& out);

// The lines of a nested message's headers that people search for: subject, names, addresses.
std::string envelope_text(GMimeMessage* message, std::size_t max_recipients);

}  // namespace mailkeep::message
