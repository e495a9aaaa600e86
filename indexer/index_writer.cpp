// SPDX-License-Identifier: GPL-3.0-or-later
#include "indexer/index_writer.h"

#include <xapian.h>

#include <charconv>
#include <string>
#include <system_error>
#include <utility>

#include "common/fault_point.h"
#include "indexer/search/guard.h"
#include "indexer/search/schema.h"

namespace mailkeep::indexer {
namespace {

using common::Result;
using common::Status;
using search::guarded;

std::int64_t number_in(const std::string& text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

struct IndexWriter::Impl {
  Xapian::WritableDatabase database;
  std::string schema;
  bool in_transaction = false;

  void begin() {
    if (in_transaction) return;
    // Within a transaction Xapian may write blocks out, but never publishes a revision of its own
    // accord, however much is pending.
    database.begin_transaction(true);
    in_transaction = true;
  }

  // 0 if there is none.
  Xapian::docid find(const common::Digest& id) const {
    const auto at = database.postlist_begin(search::unique_term(id.hex()));
    return at == database.postlist_end(std::string()) ? 0 : *at;
  }
};

IndexWriter::IndexWriter(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
IndexWriter::IndexWriter(IndexWriter&&) noexcept = default;
IndexWriter& IndexWriter::operator=(IndexWriter&&) noexcept = default;
IndexWriter::~IndexWriter() = default;

Result<IndexWriter> IndexWriter::open(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error)
    return common::fail(common::ErrorKind::Disk, "cannot make {}: {}", directory.string(),
                        error.message());
  return guarded([&]() -> Result<IndexWriter> {
    auto impl = std::make_unique<Impl>();
    impl->database = Xapian::WritableDatabase(directory.string(),
                                              Xapian::DB_CREATE_OR_OPEN | Xapian::DB_BACKEND_GLASS);
    impl->schema = impl->database.get_metadata(search::kMetaSchema);
    const bool is_new = impl->schema.empty() && impl->database.get_doccount() == 0;
    if (is_new) impl->schema = search::kSchemaVersion;
    const std::int64_t watermark = number_in(impl->database.get_metadata(search::kMetaWatermark));
    IndexWriter writer(std::move(impl));
    writer.watermark_ = watermark;
    if (is_new) MAILKEEP_CHECKED(writer.commit(0));
    return writer;
  });
}

bool IndexWriter::has_known_schema() const { return impl_->schema == search::kSchemaVersion; }

Result<std::uint64_t> IndexWriter::documents() const {
  return guarded([&]() -> Result<std::uint64_t> { return impl_->database.get_doccount(); });
}

Result<bool> IndexWriter::has(const common::Digest& id) const {
  return guarded([&]() -> Result<bool> { return impl_->find(id) != 0; });
}

Status IndexWriter::put(const message::ParsedMessage& message, const MessageFacts& facts) {
  return guarded([&]() -> Status {
    impl_->begin();
    const Xapian::Document document = make_document(message, facts);
    const Xapian::docid there = impl_->find(facts.id);
    if (there == 0)
      impl_->database.add_document(document);
    else
      impl_->database.replace_document(there, document);
    return {};
  });
}

Status IndexWriter::add_places(const common::Digest& id, const std::vector<search::Place>& places) {
  return guarded([&]() -> Status {
    impl_->begin();
    const Xapian::docid there = impl_->find(id);
    if (there == 0) return {};
    Xapian::Document document = impl_->database.get_document(there);
    indexer::add_places(document, places);
    impl_->database.replace_document(there, document);
    return {};
  });
}

Status IndexWriter::commit(std::int64_t watermark) {
  return guarded([&]() -> Status {
    impl_->begin();
    impl_->database.set_metadata(search::kMetaSchema, impl_->schema);
    impl_->database.set_metadata(search::kMetaWatermark, std::to_string(watermark));
    // If we die here: neither documents nor watermark are there, and the same log entries are read
    // again. Order: the watermark is part of the documents' own commit, so it can never be ahead.
    MAILKEEP_PHASE("index-commit");
    impl_->database.commit_transaction();
    impl_->in_transaction = false;
    watermark_ = watermark;
    return {};
  });
}

}  // namespace mailkeep::indexer
