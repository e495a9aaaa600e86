// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/private_files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <system_error>

#include "common/digest.h"
#include "common/encoding.h"
#include "common/printable.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;
using common::Result;
using common::Status;

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int number() const { return number_; }
  bool is_open() const { return number_ >= 0; }

 private:
  int number_;
};

std::string shown(const std::filesystem::path& path) { return common::printable(path.native()); }

std::string reason(int error) { return std::system_category().message(error); }

// What a person can do about a system call that was refused.
tl::unexpected<common::Error> refused(std::string_view act, const std::filesystem::path& path,
                                      int error) {
  if (error == EACCES || error == EPERM || error == EROFS || error == ENOENT || error == ENOTDIR)
    return fail(ErrorKind::Config,
                "cannot {} {}: {}; let root run: install -d -m 0700 -o {} {}, or choose another "
                "place with --data",
                act, shown(path), reason(error), ::geteuid(), shown(path.parent_path()));
  return fail(ErrorKind::Disk, "cannot {} {}: {}", act, shown(path), reason(error));
}

Status sync_directory(const std::filesystem::path& directory) {
  const Descriptor opened(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!opened.is_open() || ::fsync(opened.number()) != 0)
    return fail(ErrorKind::Disk, "cannot make the directory {} durable: {}", shown(directory),
                reason(errno));
  return {};
}

std::filesystem::path directory_of(const std::filesystem::path& file) {
  return file.has_parent_path() ? file.parent_path() : std::filesystem::path(".");
}

Status write_all(int file, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t written = ::write(file, content.data(), content.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return refused("write", path, errno);
    content.remove_prefix(static_cast<std::size_t>(written));
  }
  if (::fsync(file) != 0) return refused("make durable", path, errno);
  return {};
}

}  // namespace

Status make_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  if (std::filesystem::is_directory(directory, error)) return {};
  const auto parent = directory.parent_path();
  if (!parent.empty() && parent != directory) MAILKEEP_CHECKED(make_private_directory(parent));
  if (::mkdir(directory.c_str(), 0700) == 0) return sync_directory(directory_of(directory));
  if (errno == EEXIST && std::filesystem::is_directory(directory, error)) return {};
  const int number = errno;
  if (number == EACCES || number == EPERM || number == EROFS)
    return fail(ErrorKind::Config,
                "cannot make the directory {}: {}; let root run: install -d -m 0700 -o {} {}, or "
                "choose another place with --data",
                shown(directory), reason(number), ::geteuid(), shown(directory));
  return refused("make the directory", directory, number);
}

Status make_private_file(const std::filesystem::path& file) {
  const Descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (made.is_open()) return sync_directory(directory_of(file));
  if (errno == EEXIST) return {};
  return refused("make the file", file, errno);
}

Status write_new_private_file(const std::filesystem::path& file, std::string_view content) {
  // Order: the whole content is durable under another name first, then link(2) gives it its own,
  // which fails if somebody else was quicker. Nobody ever reads half a key.
  const std::filesystem::path fresh =
      file.native() + "." + common::to_hex(common::random_bytes(8)) + ".new";
  {
    const Descriptor made(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (!made.is_open()) return refused("make the file", file, errno);
    if (auto written = write_all(made.number(), content, file); !written) {
      ::unlink(fresh.c_str());
      return written;
    }
  }
  const int linked = ::link(fresh.c_str(), file.c_str());
  const int error = errno;
  ::unlink(fresh.c_str());
  if (linked != 0 && error == EEXIST)
    return fail(ErrorKind::Conflict, "{} is there already", shown(file));
  if (linked != 0) return refused("make the file", file, error);
  return sync_directory(directory_of(file));
}

Result<std::optional<std::string>> read_private_file(const std::filesystem::path& file,
                                                     std::size_t max_bytes) {
  const Descriptor opened(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!opened.is_open() && errno == ENOENT) return std::nullopt;
  if (!opened.is_open())
    return fail(ErrorKind::Config, "cannot read {}: {}", shown(file), reason(errno));
  struct stat status {};
  if (::fstat(opened.number(), &status) != 0)
    return fail(ErrorKind::Disk, "cannot examine {}: {}", shown(file), reason(errno));
  if ((status.st_mode & 0077U) != 0)
    return fail(ErrorKind::Config,
                "others than its owner may use {}: run chmod 0600 {}, and think about whether it "
                "has been read",
                shown(file), shown(file));
  std::string content(max_bytes, '\0');
  std::size_t filled = 0;
  while (filled < content.size()) {
    const ssize_t got = ::read(opened.number(), content.data() + filled, content.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return fail(ErrorKind::Disk, "cannot read {}: {}", shown(file), reason(errno));
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  content.resize(filled);
  return content;
}

}  // namespace mailkeep::store
