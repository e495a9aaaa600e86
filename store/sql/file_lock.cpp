// SPDX-License-Identifier: GPL-3.0-or-later
#include "store/sql/file_lock.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "common/encoding.h"
#include "common/printable.h"
#include "store/private_files.h"

namespace mailkeep::store {
namespace {

using common::ErrorKind;
using common::fail;

bool is_plain(char byte) {
  return (byte >= 'a' && byte <= 'z') || (byte >= '0' && byte <= '9') || byte == '-';
}

// One file for each name, whatever the name holds: other bytes are written as =XX.
std::string file_name_of(std::string_view name) {
  std::string file;
  for (const char byte : name) {
    if (is_plain(byte)) {
      file += byte;
    } else {
      file += '=';
      file += common::to_hex({&byte, 1});
    }
  }
  return file + ".lock";
}

}  // namespace

common::Result<std::unique_ptr<Database::Lock>> FileLock::take(
    const std::filesystem::path& directory, std::string_view name) {
  MAILKEEP_CHECKED(make_private_directory(directory));
  const std::filesystem::path path = directory / file_name_of(name);
  MAILKEEP_CHECKED(make_private_file(path));
  const int file = ::open(path.c_str(), O_RDWR | O_CLOEXEC);
  if (file < 0)
    return fail(ErrorKind::Config, "cannot open the lock {}: {}", common::printable(path.native()),
                std::system_category().message(errno));
  auto lock = std::unique_ptr<FileLock>(new FileLock(file));
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK)
    return fail(ErrorKind::Busy, "another process is at work on {}: try again later",
                common::printable(name));
  return fail(ErrorKind::Disk, "cannot lock {}: {}", common::printable(path.native()),
              std::system_category().message(errno));
}

FileLock::~FileLock() {
  // Said aloud, because a child that was forked meanwhile shares the descriptor and would keep it.
  ::flock(file_, LOCK_UN);
  ::close(file_);
}

bool FileLock::is_held() {
  // A lock whose file was removed locks nobody out any more.
  struct stat status {};
  return ::fstat(file_, &status) == 0 && status.st_nlink > 0;
}

}  // namespace mailkeep::store
