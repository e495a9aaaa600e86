// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once
// IndexWriter: the one writer of one index directory. Private to indexer/.
//
// Documents and the watermark below which all of them stem become visible and durable in one Xapian
// commit; without it, all that was put since the last one is gone. Errors: Busy, Index, Disk.

#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <vector>

#include "common/digest.h"
#include "common/result.h"
#include "indexer/document.h"
#include "message/parsed_message.h"

namespace mailkeep::indexer {

class IndexWriter {
 public:
  // Made when it is not there. Anything under its watermark may be missing if has_known_schema() is
  // false: then it must be built anew.
  static common::Result<IndexWriter> open(const std::filesystem::path& directory);
  IndexWriter(IndexWriter&&) noexcept;
  IndexWriter& operator=(IndexWriter&&) noexcept;
  ~IndexWriter();

  bool has_known_schema() const;
  std::int64_t watermark() const { return watermark_; }
  common::Result<std::uint64_t> documents() const;
  common::Result<bool> has(const common::Digest& id) const;

  // Replaces the document of the same id if there is one.
  common::Status put(const message::ParsedMessage& message, const MessageFacts& facts);
  // Of a document that is there.
  common::Status add_places(const common::Digest& id, const std::vector<search::Place>& places);

  common::Status commit(std::int64_t watermark);

 private:
  struct Impl;
  explicit IndexWriter(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
  std::int64_t watermark_ = 0;
};

}  // namespace mailkeep::indexer
