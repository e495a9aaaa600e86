// SPDX-License-Identifier: GPL-3.0-or-later
#include "message/sandbox.h"

#include <seccomp.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

namespace mailkeep::message {
namespace {

constexpr rlim_t kCpuSeconds = 120;
// A sanitizer reserves terabytes of address space for its shadow.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
constexpr rlim_t kAddressSpaceBytes = 1UL << 30U;
#else
constexpr rlim_t kAddressSpaceBytes = RLIM_INFINITY;
#endif

bool limit(__rlimit_resource resource, rlim_t value) {
  const rlimit both{value, value};
  return setrlimit(resource, &both) == 0;
}

bool set_limits() {
  return limit(RLIMIT_AS, kAddressSpaceBytes) && limit(RLIMIT_CPU, kCpuSeconds) &&
         limit(RLIMIT_FSIZE, 0) && limit(RLIMIT_CORE, 0) && limit(RLIMIT_NOFILE, 0);
}

struct ReleaseFilter {
  void operator()(void* filter) const { seccomp_release(filter); }
};
using Filter = std::unique_ptr<void, ReleaseFilter>;

bool allow(const Filter& filter, int call) {
  return seccomp_rule_add(filter.get(), SCMP_ACT_ALLOW, call, 0) == 0;
}

bool allow_if(const Filter& filter, int call, scmp_arg_cmp condition) {
  return seccomp_rule_add_array(filter.get(), SCMP_ACT_ALLOW, call, 1, &condition) == 0;
}

scmp_arg_cmp argument_is(unsigned index, scmp_datum_t value) {
  return {index, SCMP_CMP_EQ, value, 0};
}

scmp_arg_cmp argument_lacks(unsigned index, scmp_datum_t bits) {
  return {index, SCMP_CMP_MASKED_EQ, bits, 0};
}

bool allow_memory(const Filter& filter) {
  return allow_if(filter, SCMP_SYS(mmap), argument_lacks(2, PROT_EXEC)) &&
         allow_if(filter, SCMP_SYS(mprotect), argument_lacks(2, PROT_EXEC)) &&
         allow(filter, SCMP_SYS(munmap)) && allow(filter, SCMP_SYS(mremap)) &&
         allow(filter, SCMP_SYS(brk)) && allow(filter, SCMP_SYS(madvise));
}

bool allow_the_rest(const Filter& filter) {
  return allow_if(filter, SCMP_SYS(read), argument_is(0, STDIN_FILENO)) &&
         allow_if(filter, SCMP_SYS(write), argument_is(0, STDOUT_FILENO)) &&
         allow(filter, SCMP_SYS(futex)) && allow(filter, SCMP_SYS(getrandom)) &&
         allow(filter, SCMP_SYS(clock_gettime)) && allow(filter, SCMP_SYS(gettimeofday)) &&
         allow(filter, SCMP_SYS(sched_yield)) && allow(filter, SCMP_SYS(restart_syscall)) &&
         allow(filter, SCMP_SYS(rt_sigreturn)) && allow(filter, SCMP_SYS(rt_sigprocmask)) &&
         allow(filter, SCMP_SYS(exit)) && allow(filter, SCMP_SYS(exit_group));
}

// The C library looks for a charset's module when a name comes up that was not preloaded, and GLib
// for the rules of a time zone whose name a Date header made up. Both cope with finding nothing, so
// these calls fail instead of killing; files stay out of reach and the message is still read.
bool refuse_files(const Filter& filter) {
  for (const int call : {SCMP_SYS(openat), SCMP_SYS(open), SCMP_SYS(newfstatat), SCMP_SYS(stat),
                         SCMP_SYS(lstat), SCMP_SYS(statx), SCMP_SYS(access), SCMP_SYS(faccessat),
                         SCMP_SYS(readlink), SCMP_SYS(readlinkat)})
    if (seccomp_rule_add(filter.get(), SCMP_ACT_ERRNO(EACCES), call, 0) != 0) return false;
  return true;
}

}  // namespace

bool confine_this_process() {
  if (!set_limits()) return false;
  // Neither ptrace by a sibling nor a core file, nor more rights through an exec.
  if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return false;
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
  const Filter filter(seccomp_init(SCMP_ACT_KILL_PROCESS));
  if (!filter) return false;
  if (seccomp_attr_set(filter.get(), SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS) != 0)
    return false;
  return allow_memory(filter) && allow_the_rest(filter) && refuse_files(filter) &&
         seccomp_load(filter.get()) == 0;
}

}  // namespace mailkeep::message
