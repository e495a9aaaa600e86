// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/import/line_pieces.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <system_error>

#include "common/printable.h"

namespace mailkeep::fetcher {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};

tl::unexpected<common::Error> cannot_read(const std::filesystem::path& path) {
  return common::fail(common::ErrorKind::Disk, "{} cannot be read: {}",
                      common::printable(path.native()), std::generic_category().message(errno));
}

}  // namespace

common::Status each_line_piece(const std::filesystem::path& path,
                               const std::function<common::Status(const LinePiece&)>& visit) {
  const std::unique_ptr<std::FILE, CloseFile> file(std::fopen(path.c_str(), "rbe"));
  if (!file) return cannot_read(path);
  std::string buffer;
  std::uint64_t offset = 0;
  bool starts_line = true;
  bool at_end = false;
  while (!at_end || !buffer.empty()) {
    std::size_t end = buffer.find('\n');
    if (end == std::string::npos && buffer.size() < kMaxLinePiece && !at_end) {
      const std::size_t before = buffer.size();
      buffer.resize(before + kMaxLinePiece);
      const std::size_t got = std::fread(buffer.data() + before, 1, kMaxLinePiece, file.get());
      buffer.resize(before + got);
      if (got == 0 && std::ferror(file.get()) != 0) return cannot_read(path);
      at_end = got == 0;
      continue;
    }
    // All whole lines of the buffer are visited before it is moved once.
    std::size_t from = 0;
    while (from < buffer.size()) {
      end = buffer.find('\n', from);
      const bool ends = end != std::string::npos;
      const std::size_t length = ends ? end + 1 - from : buffer.size() - from;
      if (!ends && !at_end && length < kMaxLinePiece) break;
      const LinePiece piece{{buffer.data() + from, length},
                            offset,
                            starts_line,
                            ends || (at_end && from + length == buffer.size())};
      MAILKEEP_CHECKED(visit(piece));
      starts_line = ends;
      offset += length;
      from += length;
    }
    buffer.erase(0, from);
  }
  return {};
}

}  // namespace mailkeep::fetcher
