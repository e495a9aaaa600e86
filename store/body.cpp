// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/body.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "common/check.h"

namespace mailkeep::store {

using common::ErrorKind;
using common::Result;
using common::Status;

namespace {

tl::unexpected<common::Error> disk_error(std::string_view what, const std::filesystem::path& where,
                                         int number) {
  const std::string_view advice =
      number == ENOSPC || number == EDQUOT ? "; make room there and run the command again" : "";
  return common::fail(ErrorKind::Disk, "cannot {} in {}: {}{}", what, where.string(),
                      std::generic_category().message(number), advice);
}

// A file without a name: whatever ends this process, nothing of it is left on the disk.
Result<int> open_unlinked(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return disk_error("create the spool folder", folder, error.value());
  int file = open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
  if (file >= 0) return file;
  // Not every file system has O_TMPFILE (open(2)); a crash between the two calls leaves an empty
  // file.
  std::string name = (folder / "body-XXXXXX").string();
  file = mkostemp(name.data(), O_CLOEXEC);
  if (file < 0) return disk_error("open a spool file", folder, errno);
  unlink(name.c_str());
  return file;
}

Status write_all(int file, std::string_view bytes, const std::filesystem::path& where) {
  while (!bytes.empty()) {
    const ssize_t written = write(file, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return disk_error("write a message to the spool", where, errno);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

// Reads until the piece is full or the file ends.
Result<std::size_t> read_piece(int file, char* piece, std::size_t count, std::uint64_t offset) {
  std::size_t filled = 0;
  while (filled < count) {
    const ssize_t got =
        pread(file, piece + filled, count - filled, static_cast<off_t>(offset + filled));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      return common::fail(ErrorKind::Disk, "cannot read a message back from the spool: {}",
                          std::generic_category().message(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  return filled;
}

}  // namespace

Body::Body(Body&& other) noexcept
    : memory_(std::move(other.memory_)),
      file_(std::exchange(other.file_, -1)),
      size_(std::exchange(other.size_, 0)),
      digest_(other.digest_) {}

Body& Body::operator=(Body&& other) noexcept {
  if (this == &other) return *this;
  if (file_ >= 0) close(file_);
  memory_ = std::move(other.memory_);
  file_ = std::exchange(other.file_, -1);
  size_ = std::exchange(other.size_, 0);
  digest_ = other.digest_;
  return *this;
}

Body::~Body() {
  if (file_ >= 0) close(file_);
}

Status Body::read(std::size_t piece_bytes,
                  const std::function<Status(std::string_view)>& sink) const {
  MAILKEEP_CHECK(piece_bytes > 0);
  if (file_ < 0) {
    for (std::string_view rest = memory_; !rest.empty();) {
      MAILKEEP_CHECKED(sink(rest.substr(0, piece_bytes)));
      rest.remove_prefix(std::min(piece_bytes, rest.size()));
    }
    return {};
  }
  std::vector<char> piece(static_cast<std::size_t>(std::min<std::uint64_t>(piece_bytes, size_)));
  for (std::uint64_t offset = 0; offset < size_;) {
    const auto wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(piece.size(), size_ - offset));
    MAILKEEP_TRY(got, read_piece(file_, piece.data(), wanted, offset));
    if (got != wanted) return common::fail(ErrorKind::Disk, "a spool file lost its end");
    MAILKEEP_CHECKED(sink({piece.data(), got}));
    offset += got;
  }
  return {};
}

Body Body::of(std::string bytes) {
  Body body;
  body.digest_ = common::Sha256::of(bytes);
  body.size_ = bytes.size();
  body.memory_ = std::move(bytes);
  return body;
}

void BodyWriter::expect(std::uint64_t bytes) {
  if (bytes <= kSpoolThresholdBytes) body_.memory_.reserve(static_cast<std::size_t>(bytes));
}

Status BodyWriter::append(std::string_view bytes) {
  if (body_.file_ < 0 && body_.size_ + bytes.size() > kSpoolThresholdBytes)
    MAILKEEP_CHECKED(spill());
  if (body_.file_ < 0) {
    body_.memory_.append(bytes);
  } else {
    MAILKEEP_CHECKED(write_all(body_.file_, bytes, data_dir_ / "spool"));
  }
  hash_.update(bytes);
  body_.size_ += bytes.size();
  return {};
}

Result<Body> BodyWriter::finish() && {
  body_.digest_ = hash_.finish();
  return std::move(body_);
}

Status BodyWriter::spill() {
  const std::filesystem::path folder = data_dir_ / "spool";
  MAILKEEP_TRY(file, open_unlinked(folder));
  body_.file_ = file;
  MAILKEEP_CHECKED(write_all(body_.file_, body_.memory_, folder));
  body_.memory_ = std::string();  // gives the memory back; clear() would keep it
  return {};
}

}  // namespace mailkeep::store
