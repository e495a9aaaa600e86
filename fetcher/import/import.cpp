// SPDX-License-Identifier: GPL-3.0-or-later
#include "fetcher/import/import.h"

#include <algorithm>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <system_error>
#include <utility>

#include "common/printable.h"
#include "fetcher/import/line_pieces.h"
#include "fetcher/import/mbox.h"
#include "store/accounts.h"
#include "store/lease.h"
#include "store/ledger.h"

namespace mailkeep::fetcher {
namespace {

namespace fs = std::filesystem;
using common::Status;

constexpr std::size_t kBatchMessages = 500;
constexpr std::uint64_t kBatchBytes = 16ULL << 20U;

// Collects the messages of one source (an mbox, a folder of files) and seals them in batches.
class SourceWriter {
 public:
  SourceWriter(store::Archive& archive, store::AccountId account, ImportReport& report,
               const ImportProgress& progress)
      : archive_(archive),
        ledger_(archive),
        account_(account),
        report_(report),
        progress_(progress) {}

  Status open(const fs::path& source) {
    MAILKEEP_CHECKED(seal());
    const std::string name = fs::weakly_canonical(source).native();
    MAILKEEP_TRY(epoch, ledger_.open_epoch(account_, name, 0));
    MAILKEEP_TRY(known, ledger_.known_uidls(epoch.id));
    epoch_ = epoch.id;
    known_ = std::move(known);
    return {};
  }

  store::BodyWriter new_body() const { return store::BodyWriter(archive_.data_dir()); }

  Status add(store::BodyWriter&& writer, std::string uidl, std::string flags) {
    MAILKEEP_TRY(body, std::move(writer).finish());
    if (known_.contains({uidl, body.digest()})) {
      ++report_.already_there;
      return {};
    }
    batch_bytes_ += body.size();
    store::Arrival arrival;
    arrival.uidl = std::move(uidl);
    arrival.flags = std::move(flags);
    arrival.body = std::move(body);
    batch_.push_back(std::move(arrival));
    if (batch_.size() < kBatchMessages && batch_bytes_ < kBatchBytes) return {};
    return seal();
  }

  // If we die here: the batch is not in the archive, and the next import of the source adds it.
  Status seal() {
    if (batch_.empty()) return {};
    store::Batch batch;
    batch.epoch = *epoch_;
    batch.arrivals = std::exchange(batch_, {});
    batch_bytes_ = 0;
    MAILKEEP_TRY(sealed, ledger_.seal(std::move(batch)));
    report_.messages += sealed.sighted;
    report_.already_there += sealed.already_there;
    report_.bytes += sealed.bytes;
    if (progress_) progress_(report_);
    return {};
  }

 private:
  store::Archive& archive_;
  store::Ledger ledger_;
  store::AccountId account_;
  ImportReport& report_;
  const ImportProgress& progress_;
  std::optional<store::EpochId> epoch_;
  std::set<std::pair<std::string, common::Digest>> known_;
  std::vector<store::Arrival> batch_;
  std::uint64_t batch_bytes_ = 0;
};

class MboxImporter final : public MboxSink {
 public:
  MboxImporter(SourceWriter& writer, std::stop_token stop)
      : writer_(writer), body_(writer.new_body()), stop_(std::move(stop)) {}

  Status begin_message(std::uint64_t offset) override {
    if (stop_.stop_requested()) return common::fail(common::ErrorKind::Cancelled, "stopped");
    offset_ = offset;
    return {};
  }
  Status bytes(std::string_view piece) override { return body_.append(piece); }
  Status end_message() override {
    return writer_.add(std::exchange(body_, writer_.new_body()), fmt::format("@{}", offset_), "");
  }

 private:
  SourceWriter& writer_;
  store::BodyWriter body_;
  std::stop_token stop_;
  std::uint64_t offset_ = 0;
};

bool begins_as_mbox(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::string line;
  line.resize(512);
  in.read(line.data(), static_cast<std::streamsize>(line.size()));
  line.resize(static_cast<std::size_t>(in.gcount()));
  return is_mbox_separator(std::string_view(line).substr(0, line.find('\n')));
}

bool is_eml(const fs::path& file) {
  std::string extension = file.extension().native();
  std::transform(extension.begin(), extension.end(), extension.begin(),
                 [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
  return extension == ".eml";
}

bool is_maildir(const fs::path& folder) {
  std::error_code ignored;
  return fs::is_directory(folder / "cur", ignored) && fs::is_directory(folder / "new", ignored);
}

class Importer {
 public:
  Importer(store::Archive& archive, store::AccountId account, const ImportProgress& progress,
           std::stop_token stop)
      : stop_(std::move(stop)), writer_(archive, account, report_, progress) {}

  common::Result<ImportReport> run(const std::vector<fs::path>& paths) {
    for (const fs::path& path : paths) MAILKEEP_CHECKED(take(path, true));
    MAILKEEP_CHECKED(writer_.seal());
    return std::move(report_);
  }

 private:
  Status take(const fs::path& path, bool is_named_by_user) {
    if (stop_.stop_requested()) return common::fail(common::ErrorKind::Cancelled, "stopped");
    std::error_code error;
    const fs::file_status status = fs::status(path, error);
    if (fs::is_directory(status)) return is_maildir(path) ? take_maildir(path) : take_tree(path);
    if (!fs::is_regular_file(status)) {
      report_.failed.push_back({path, error ? error.message() : "not a file or folder"});
      return {};
    }
    return take_file(path, is_named_by_user);
  }

  Status take_file(const fs::path& path, bool is_named_by_user) {
    if (begins_as_mbox(path)) return take_mbox(path);
    if (is_named_by_user || is_eml(path)) {
      MAILKEEP_CHECKED(writer_.open(path.parent_path().empty() ? "." : path.parent_path()));
      return take_message(path, path.filename().native(), "");
    }
    report_.not_mail.push_back(path);
    return {};
  }

  Status take_mbox(const fs::path& path) {
    MAILKEEP_CHECKED(writer_.open(path));
    MboxImporter sink(writer_, stop_);
    return forgive(path, split_mbox(path, sink));
  }

  Status take_tree(const fs::path& folder) {
    MAILKEEP_TRY(entries, sorted_entries(folder));
    bool is_open = false;
    for (const fs::path& entry : entries) {
      std::error_code ignored;
      const bool is_message =
          fs::is_regular_file(entry, ignored) && is_eml(entry) && !begins_as_mbox(entry);
      if (!is_message) {
        is_open = false;
        MAILKEEP_CHECKED(take(entry, false));
        continue;
      }
      if (!is_open) MAILKEEP_CHECKED(writer_.open(folder));
      is_open = true;
      MAILKEEP_CHECKED(take_message(entry, entry.filename().native(), ""));
    }
    return {};
  }

  Status take_maildir(const fs::path& folder) {
    MAILKEEP_CHECKED(writer_.open(folder));
    for (const char* part : {"cur", "new"}) {
      MAILKEEP_TRY(entries, sorted_entries(folder / part));
      for (const fs::path& entry : entries) {
        const std::string name = entry.filename().native();
        const std::size_t info = name.rfind(":2,");
        const std::string flags = info == std::string::npos ? "" : name.substr(info + 3);
        MAILKEEP_CHECKED(take_message(entry, name.substr(0, info), flags));
      }
    }
    return take_maildir_children(folder);
  }

  // Maildir++ folders (".Sent") and trees that keep Maildirs inside Maildirs.
  Status take_maildir_children(const fs::path& folder) {
    MAILKEEP_TRY(entries, sorted_entries(folder));
    for (const fs::path& entry : entries) {
      const std::string name = entry.filename().native();
      std::error_code ignored;
      if (name == "cur" || name == "new" || name == "tmp" || !fs::is_directory(entry, ignored))
        continue;
      MAILKEEP_CHECKED(take(entry, false));
    }
    return {};
  }

  Status take_message(const fs::path& path, std::string uidl, std::string flags) {
    if (stop_.stop_requested()) return common::fail(common::ErrorKind::Cancelled, "stopped");
    store::BodyWriter body = writer_.new_body();
    Status written;
    const Status read = each_line_piece(path, [&](const LinePiece& piece) {
      written = body.append(piece.bytes);
      return written;
    });
    if (!written) return written;  // our own disk, not the file's
    if (!read) return forgive(path, read);
    return writer_.add(std::move(body), std::move(uidl), std::move(flags));
  }

  // A file that cannot be read is listed and the others go on; trouble of the store ends the
  // import.
  Status forgive(const fs::path& path, Status status) {
    std::error_code ignored;
    const bool is_readable = std::ifstream(path, std::ios::binary).good();
    if (status || is_readable) return status;
    report_.failed.push_back({path, status.error().text});
    return {};
  }

  common::Result<std::vector<fs::path>> sorted_entries(const fs::path& folder) {
    std::vector<fs::path> entries;
    std::error_code error;
    for (fs::directory_iterator it(folder, error), end; !error && it != end; it.increment(error))
      entries.push_back(it->path());
    if (error) report_.failed.push_back({folder, error.message()});
    std::sort(entries.begin(), entries.end());
    return entries;
  }

  std::stop_token stop_;
  ImportReport report_;
  SourceWriter writer_;
};

}  // namespace

common::Result<ImportReport> import_paths(store::Archive& archive, const std::string& account,
                                          const std::vector<std::filesystem::path>& paths,
                                          const ImportProgress& progress, std::stop_token stop) {
  store::Accounts accounts(archive);
  MAILKEEP_TRY(owner, accounts.get_import_account(account));
  MAILKEEP_TRY(lease, store::Lease::take(archive, fmt::format("account-{}", number(owner.id))));
  static_cast<void>(lease);
  return Importer(archive, owner.id, progress, std::move(stop)).run(paths);
}

}  // namespace mailkeep::fetcher
