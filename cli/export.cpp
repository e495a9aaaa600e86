// SPDX-License-Identifier: GPL-3.0-or-later
// mailkeep export: what a query finds, as .eml files or one mbox. The export is itself an entry in
// the log.

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <memory>
#include <string>
#include <system_error>

#include "cli/context.h"
#include "cli/exit_codes.h"
#include "cli/index_follow.h"
#include "cli/output.h"
#include "common/printable.h"
#include "indexer/indexer.h"
#include "indexer/search/searcher.h"
#include "store/contents.h"
#include "store/journal.h"

namespace mailkeep::cli {
namespace {

namespace fs = std::filesystem;
using common::ErrorKind;
using common::fail;
using common::Status;

struct ExportFlags {
  std::string query, to, format;
  bool stale = false;
};

Status disk_trouble(const fs::path& path) {
  return fail(ErrorKind::Disk, "{} cannot be written: {}", common::printable(path.native()),
              std::generic_category().message(errno));
}

// A new file that is whole or not there: written beside its name, flushed to disk, then renamed.
class NewFile {
 public:
  explicit NewFile(fs::path path) : path_(std::move(path)), partial_(path_.native() + ".part") {}
  ~NewFile() {
    if (file_ < 0) return;
    close(file_);
    unlink(partial_.c_str());
  }
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;

  Status open() {
    file_ = ::open(partial_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    return file_ < 0 ? disk_trouble(partial_) : Status();
  }

  Status write(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(file_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return disk_trouble(partial_);
      bytes.remove_prefix(static_cast<std::size_t>(written));
    }
    return {};
  }

  // Order: the bytes are on disk before the name says that they are.
  Status finish() {
    if (fsync(file_) != 0) return disk_trouble(partial_);
    if (rename(partial_.c_str(), path_.c_str()) != 0) return disk_trouble(path_);
    close(file_);
    file_ = -1;
    return {};
  }

 private:
  fs::path path_;
  fs::path partial_;
  int file_ = -1;
};

// mboxrd: a ">" before each line ">*From ", so that reading it back gives the same bytes.
class MboxQuoter {
 public:
  explicit MboxQuoter(NewFile& file) : file_(file) {}

  Status take(std::string_view bytes) {
    while (!bytes.empty()) {
      if (starts_line_ || !held_.empty()) {
        MAILKEEP_CHECKED(take_line_start(bytes));
        continue;
      }
      const std::size_t end = bytes.find('\n');
      const std::size_t length = end == std::string_view::npos ? bytes.size() : end + 1;
      MAILKEEP_CHECKED(file_.write(bytes.substr(0, length)));
      bytes.remove_prefix(length);
      starts_line_ = end != std::string_view::npos;
    }
    return {};
  }

  // The empty line that ends a message; a message without a final line end gets one.
  Status finish() {
    if (!held_.empty()) MAILKEEP_CHECKED(file_.write(held_));
    return file_.write(starts_line_ && held_.empty() ? "\n" : "\n\n");
  }

 private:
  // Holds ">>>Fro" until it is clear whether the line begins with ">*From ".
  Status take_line_start(std::string_view& bytes) {
    static constexpr std::string_view kFrom = "From ";
    starts_line_ = false;
    while (!bytes.empty()) {
      const std::size_t arrows = std::min(held_.find_first_not_of('>'), held_.size());
      const std::size_t matched = held_.size() - arrows;
      if (matched == kFrom.size()) return release(">");
      const bool may_go_on =
          (matched == 0 && bytes.front() == '>') || bytes.front() == kFrom[matched];
      if (!may_go_on) return release("");
      held_.push_back(bytes.front());
      bytes.remove_prefix(1);
    }
    const std::size_t arrows = std::min(held_.find_first_not_of('>'), held_.size());
    return held_.size() - arrows == kFrom.size() ? release(">") : Status();
  }

  Status release(std::string_view quote) {
    MAILKEEP_CHECKED(file_.write(quote));
    MAILKEEP_CHECKED(file_.write(held_));
    held_.clear();
    return {};
  }

  NewFile& file_;
  std::string held_;
  bool starts_line_ = true;
};

Status write_eml(store::Contents& contents, const common::Digest& id, const fs::path& folder) {
  NewFile file(folder / (id.hex() + ".eml"));
  MAILKEEP_CHECKED(file.open());
  MAILKEEP_CHECKED(
      contents.check_then_read(id, [&](std::string_view piece) { return file.write(piece); }));
  return file.finish();
}

Status append_to_mbox(store::Contents& contents, const common::Digest& id, NewFile& file) {
  // The separator's sender and date are not evidence; a fixed pair keeps exports comparable.
  MAILKEEP_CHECKED(file.write("From mailkeep Thu Jan  1 00:00:00 1970\n"));
  MboxQuoter quoter(file);
  MAILKEEP_CHECKED(
      contents.check_then_read(id, [&](std::string_view piece) { return quoter.take(piece); }));
  return quoter.finish();
}

common::Result<std::vector<common::Digest>> find(const Context& context, store::Archive& archive,
                                                 const ExportFlags& flags) {
  if (!flags.stale) MAILKEEP_CHECKED(bring_index_up(context, archive));
  MAILKEEP_TRY(searcher, search::Searcher::open(indexer::index_dir(archive)));
  MAILKEEP_TRY(ids, searcher.ids(flags.query));
  std::vector<common::Digest> digests;
  for (const std::string& id : ids) {
    const auto digest = common::Digest::from_hex(id);
    if (!digest)
      return fail(ErrorKind::Index, "the index holds a broken id; run 'mailkeep index --rebuild'");
    digests.push_back(*digest);
  }
  return digests;
}

Status write_all(const Context& context, store::Archive& archive, const ExportFlags& flags,
                 const std::vector<common::Digest>& ids) {
  store::Contents contents(archive);
  const fs::path folder = flags.to;
  if (flags.format == "eml") {
    for (const common::Digest& id : ids) {
      if (context.stop.stop_requested()) return fail(ErrorKind::Cancelled, "stopped");
      MAILKEEP_CHECKED(write_eml(contents, id, folder));
    }
    return {};
  }
  NewFile file(folder / "messages.mbox");
  MAILKEEP_CHECKED(file.open());
  for (const common::Digest& id : ids) {
    if (context.stop.stop_requested()) return fail(ErrorKind::Cancelled, "stopped");
    MAILKEEP_CHECKED(append_to_mbox(contents, id, file));
  }
  return file.finish();
}

common::Result<int> run(const Context& context, const ExportFlags& flags) {
  if (flags.format != "eml" && flags.format != "mbox")
    return fail(ErrorKind::NotBuilt, "export --format {} is not built yet; eml and mbox are",
                common::printable(flags.format));
  std::error_code error;
  fs::create_directories(flags.to, error);
  if (error)
    return fail(ErrorKind::Disk, "{} cannot be made: {}", common::printable(flags.to),
                error.message());
  MAILKEEP_TRY(archive, context.open_archive(store::Access::ReadWrite));
  MAILKEEP_TRY(ids, find(context, *archive, flags));
  // Order: the log knows of the export before the first byte leaves.
  MAILKEEP_CHECKED(store::Journal(*archive).record_event(
      "export",
      fmt::format("query={} format={} messages={}", flags.query, flags.format, ids.size())));
  MAILKEEP_CHECKED(write_all(context, *archive, flags, ids));
  if (context.json) {
    Poco::JSON::Object object = json_object();
    object.set("messages", ids.size());
    object.set("format", flags.format);
    MAILKEEP_CHECKED(print_json(object));
    return kDone;
  }
  MAILKEEP_CHECKED(print("{} message{} exported to {}\n", ids.size(), ids.size() == 1 ? "" : "s",
                         common::printable(flags.to)));
  return kDone;
}

}  // namespace

void add_export_command(CLI::App& app, Context& context) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App* const command = add_command(app, context, "export", "What a query finds, as files",
                                        [&context, flags] { return run(context, *flags); });
  command->add_option("QUERY", flags->query, "what to export; '*' is everything")->required();
  command->add_option("--to", flags->to, "folder to write to; made if it is not there")->required();
  command->add_option("--format", flags->format, "eml (a file for each message) or mbox")
      ->required();
  command->add_flag("--stale", flags->stale, "use the index as it is, without waiting");
}

}  // namespace mailkeep::cli
