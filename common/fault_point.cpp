// SPDX-License-Identifier: GPL-3.0-or-later
#include "common/fault_point.h"

#ifdef MAILKEEP_FAULT_POINTS

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <string>

namespace mailkeep::common {
namespace {

constexpr std::size_t kMarkBytes = 32;

// A shared mapping: the last mark survives kill -9 without a system call for each mark.
char* open_mark() {
  const char* path = std::getenv("MAILKEEP_PHASE_FILE");
  if (path == nullptr) return nullptr;
  const int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (file < 0 || ftruncate(file, kMarkBytes) != 0) return nullptr;
  void* const memory = mmap(nullptr, kMarkBytes, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  close(file);
  return memory == MAP_FAILED ? nullptr : static_cast<char*>(memory);
}

}  // namespace

void enter_phase(std::string_view phase) {
  static char* const mark = open_mark();
  if (mark == nullptr) return;
  const std::size_t length = std::min(phase.size(), kMarkBytes - 1);
  std::copy_n(phase.data(), length, mark);
  mark[length] = '\0';
}

bool sabotage_wanted(std::string_view name) {
  static const char* const wanted = std::getenv("MAILKEEP_SABOTAGE");
  return wanted != nullptr && name == wanted;
}

}  // namespace mailkeep::common

#endif
