// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Lines of a file of any size in bounded memory: a line longer than kMaxLinePiece comes in pieces.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "common/result.h"

namespace mailkeep::fetcher {

inline constexpr std::size_t kMaxLinePiece = 256UL << 10U;

struct LinePiece {
  std::string_view bytes;    // with its line end, if it is the last piece
  std::uint64_t offset = 0;  // of the piece in the file
  bool starts_line = true;
  bool ends_line = true;  // LF seen, or the end of the file
};

// Errors: Disk with the path, and whatever visit returns.
common::Status each_line_piece(const std::filesystem::path& path,
                               const std::function<common::Status(const LinePiece&)>& visit);

}  // namespace mailkeep::fetcher
