// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/search/index_reader.h"

#include <sys/stat.h>

#include <charconv>
#include <string>

#include "indexer/search/schema.h"

namespace mailkeep::search {

using common::ErrorKind;

// A rebuilt index takes the place of the old one as another directory.
IndexReader::Identity IndexReader::identity_of(const std::filesystem::path& directory) {
  struct stat info {};
  if (stat(directory.c_str(), &info) != 0) return {};
  return {info.st_dev, info.st_ino};
}

tl::unexpected<common::Error> IndexReader::out_of_time() {
  return common::fail(ErrorKind::Limit,
                      "the search takes too long; narrow it by a date, a field or a rarer word");
}

common::Status IndexReader::open() {
  identity_ = identity_of(directory_);
  if (identity_ == Identity())
    return common::fail(ErrorKind::NotFound, "there is no index yet: run mailkeep index");
  return guarded([&]() -> common::Status {
    database_ = Xapian::Database(directory_.string());
    if (database_.get_metadata(kMetaSchema) != kSchemaVersion)
      return common::fail(ErrorKind::Index,
                          "the index was written by another version: run mailkeep index");
    return {};
  });
}

common::Status IndexReader::refresh() {
  if (identity_of(directory_) != identity_) return open();
  return guarded([&]() -> common::Status {
    database_.reopen();
    return {};
  });
}

std::int64_t IndexReader::watermark() const {
  const std::string text = database_.get_metadata(kMetaWatermark);
  std::int64_t position = 0;
  std::from_chars(text.data(), text.data() + text.size(), position);
  return position;
}

}  // namespace mailkeep::search
