// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// Mbox: splits an mbox file into messages, streamed (RFC 4155 separators, mboxrd quoting undone).
//
// A separator is a line "From ... hh:mm ... yyyy" at the start of the file or after an empty line;
// the empty line before it belongs to the separator. One ">" is taken off each line ">*From ". Line
// ends stay as they are. Errors: Disk (the file cannot be read), and whatever the sink returns.

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string_view>

#include "common/result.h"

namespace mailkeep::fetcher {

class MboxSink {
 public:
  virtual ~MboxSink() = default;
  virtual common::Status begin_message(std::uint64_t offset) = 0;  // of its separator line
  virtual common::Status bytes(std::string_view piece) = 0;
  virtual common::Status end_message() = 0;
};

common::Status split_mbox(const std::filesystem::path& path, MboxSink& sink);

bool is_mbox_separator(std::string_view line);  // with or without its line end

}  // namespace mailkeep::fetcher
