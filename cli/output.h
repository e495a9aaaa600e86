// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// What goes to standard output. A reader that went away (a closed pipe) ends the program quietly; a
// full disk behind standard output is an error. Everything that came from strangers goes through
// printable().

#include <Poco/JSON/Object.h>
#include <fmt/format.h>

#include <string_view>

#include "common/result.h"
#include "store/folder_name.h"
#include "store/journal.h"

namespace mailkeep::cli {

common::Status write_out(std::string_view bytes);
common::Status flush_out();  // Disk if anything could not be written

template <class... Args>
common::Status print(fmt::format_string<Args...> format, Args&&... args) {
  return write_out(fmt::format(format, std::forward<Args>(args)...));
}

std::string json_text(const Poco::JSON::Object& object);
// One line.
common::Status print_json(const Poco::JSON::Object& object);

// Keeps the order in which keys are set.
Poco::JSON::Object json_object();

// key, and <key>_hex beside it if the bytes are not valid UTF-8.
void set_bytes(Poco::JSON::Object& object, const std::string& key, std::string_view bytes);

// key, and name_hex beside it if the name cannot be decoded.
void set_folder(Poco::JSON::Object& object, const std::string& key, std::string_view wire,
                bool is_imap);

// The instance as JSON: account, folder, uidvalidity, uid or uidl, state, and what changed since.
Poco::JSON::Object sighting_json(const store::Sighting& sighting);

// "4.1 MB"
std::string human_bytes(std::uint64_t bytes);

}  // namespace mailkeep::cli
