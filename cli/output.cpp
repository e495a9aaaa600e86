// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

#include <Poco/JSON/Array.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <system_error>

#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::cli {
namespace {

common::Status output_trouble() {
  if (errno == EPIPE) std::_Exit(0);  // the reader has had enough: `mailkeep list | head`
  return common::fail(common::ErrorKind::Disk, "standard output cannot be written: {}",
                      std::generic_category().message(errno));
}

}  // namespace

common::Status write_out(std::string_view bytes) {
  if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
  return output_trouble();
}

common::Status flush_out() {
  if (std::fflush(stdout) == 0) return {};
  return output_trouble();
}

std::string json_text(const Poco::JSON::Object& object) {
  std::ostringstream text;
  object.stringify(text);
  return text.str();
}

common::Status print_json(const Poco::JSON::Object& object) {
  return write_out(json_text(object) + '\n');
}

Poco::JSON::Object json_object() { return Poco::JSON::Object(Poco::JSON_PRESERVE_KEY_ORDER); }

void set_bytes(Poco::JSON::Object& object, const std::string& key, std::string_view bytes) {
  object.set(key, common::to_utf8_lossy(bytes));
  if (!common::is_valid_utf8(bytes)) object.set(key + "_hex", common::to_hex(bytes));
}

void set_folder(Poco::JSON::Object& object, const std::string& key, std::string_view wire,
                bool is_imap) {
  const store::FolderName name = store::decode_folder(wire, is_imap);
  object.set(key, name.text);
  if (!name.is_exact) object.set("name_hex", common::to_hex(wire));
}

Poco::JSON::Object sighting_json(const store::Sighting& sighting) {
  Poco::JSON::Object object = json_object();
  object.set("account", sighting.account_name);
  set_folder(object, "folder", sighting.folder, sighting.has_uid);
  object.set("uidvalidity", sighting.uidvalidity);
  if (sighting.has_uid)
    object.set("uid", sighting.uid);
  else
    set_bytes(object, "uidl", sighting.uidl);
  object.set("state", "archived");
  if (sighting.version > 1) object.set("version", sighting.version);
  if (sighting.folder_now != sighting.folder) {
    const auto now = store::decode_folder(sighting.folder_now, sighting.has_uid);
    object.set("folder_now", now.text);
    if (!now.is_exact) object.set("folder_now_hex", common::to_hex(sighting.folder_now));
  }
  if (!sighting.flags.empty()) set_bytes(object, "flags", sighting.flags);
  object.set("seen", common::rfc3339(sighting.seen));
  if (const auto gone = sighting.gone()) object.set("gone", common::rfc3339(*gone));
  if (sighting.states.empty()) return object;
  Poco::JSON::Array states;
  for (const store::StateRecord& state : sighting.states) {
    Poco::JSON::Object one = json_object();
    one.set("kind", std::string(store::name_of(state.kind)));
    set_bytes(one, "value", state.value);
    one.set("since", common::rfc3339(state.since));
    states.add(one);
  }
  object.set("states", states);
  return object;
}

std::string human_bytes(std::uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  double value = static_cast<double>(bytes);
  for (const char* unit : {"kB", "MB", "GB", "TB"}) {
    value /= 1000.0;
    if (value < 999.5) return fmt::format("{:.1f} {}", value, unit);
  }
  return fmt::format("{:.1f} PB", value / 1000.0);
}

}  // namespace mailkeep::cli
