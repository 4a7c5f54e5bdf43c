// Which processes make connections: what only a later call can need is not read in the others.
#pragma once

#include "maps.h"

enum { PID_LIMIT = 1 << 22, PID_WORDS = PID_LIMIT / 64 };  // the kernel's own limit

__u64 callers[PID_WORDS];  // a bit for each process

static __always_inline bool is_caller(__u32 pid) {
  return callers[pid / 64 % PID_WORDS] >> pid % 64 & 1;
}

static __always_inline void add_caller(__u32 pid) {
  if (!is_caller(pid)) __sync_fetch_and_or(&callers[pid / 64 % PID_WORDS], 1ULL << pid % 64);
}

static __always_inline void remove_caller(__u32 pid) {
  if (is_caller(pid)) __sync_fetch_and_and(&callers[pid / 64 % PID_WORDS], ~(1ULL << pid % 64));
}
