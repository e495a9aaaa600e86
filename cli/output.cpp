// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/output.h"

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

common::Status print_json(const Poco::JSON::Object& object) {
  std::ostringstream line;
  object.stringify(line);
  return write_out(line.str() + '\n');
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
