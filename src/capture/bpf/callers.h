// Which processes make connections. Only a request of such a process can cause a call, so only
// there is what a later call needs worth reading when the request comes.
#pragma once

#include "maps.h"

enum { PID_LIMIT = 1 << 22 };  // the kernel's own

__u64 callers[PID_LIMIT / 64];  // a bit for each process

static __always_inline bool is_caller(__u32 pid) {
  return callers[pid / 64 % (PID_LIMIT / 64)] >> pid % 64 & 1;
}

static __always_inline void note_caller(__u32 pid) {
  if (!is_caller(pid)) __sync_fetch_and_or(&callers[pid / 64 % (PID_LIMIT / 64)], 1ULL << pid % 64);
}

static __always_inline void forget_caller(__u32 pid) {
  if (is_caller(pid))
    __sync_fetch_and_and(&callers[pid / 64 % (PID_LIMIT / 64)], ~(1ULL << pid % 64));
}
