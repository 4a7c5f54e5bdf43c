// The bytes of a system call that moved some: where they are.
#pragma once

#include "maps.h"

enum {
  IOV_MAX = 8,         // buffers of one call that are read
  IOV_WALK_MAX = 512,  // ... of HTTP/2
  HEAD_BYTES = 16,     // enough to tell what begins here, "HTTP/1.1 101" included
  FIRST_BYTES = 512,   // of a turn, read at once: most messages are not longer
  SHORT_BYTES = 1024,  // a call of HTTP/2 that is no longer is copied as it is
};

enum system_call {
  SYS_READ = 0,
  SYS_WRITE = 1,
  SYS_READV = 19,
  SYS_WRITEV = 20,
  SYS_SENDFILE = 40,
  SYS_SENDTO = 44,
  SYS_RECVFROM = 45,
  SYS_SENDMSG = 46,
  SYS_RECVMSG = 47,
  SYS_SPLICE = 275,
};

#define GLOBAL __attribute__((noinline))  // verified by itself, once

struct user_iovec {
  __u64 base, length;
};

// Where a call's bytes are: one buffer, or `count` of them at `vector`.
struct user_buffer {
  __u64 base;  // 0: not readable
  __u64 vector;
  __u32 count;  // 0: one buffer
};

// False on a fault. The barrier keeps the compiler from dropping the check, which the verifier
// wants to see right before the read.
static __always_inline bool read_bytes(__u8* out, __u32 bytes, __u64 from) {
  barrier_var(bytes);
  if (bytes > TS_CAPTURE_MAX) return false;
  return !bpf_probe_read_user(out, bytes, (void*)from);
}

// One system call that moved bytes, and what becomes of it. Plain values, so that it can be handed
// to functions that are verified by themselves.
struct call {
  __u32 direction;
  __u32 length;
  __u32 tcp_seq;
  __u32 fd;
  __u32 pid, tid;
  __u64 offset;
  __u64 sp;
  struct user_buffer buffer;
  __u8 head[HEAD_BYTES];
  __u32 first;  // bytes that are in scratch->payload already
  __u64 g, goid, stack_high;
  bool is_go;
  bool background;  // a Go server's read of one byte
  // The plan.
  bool new_turn;
  bool frames;     // HTTP/2
  bool report;     // write a record at all
  bool only_link;  // write one only if it carries a link block
  bool quiet;      // it is the last one
  __u8 message;    // enum message
  __u8 link;       // enum ts_link
  __u32 link_size;
  __u32 copy;  // bytes
};

static __always_inline void find_buffer(const struct pt_regs* regs, __u32 length,
                                        struct user_buffer* buffer) {
  struct user_iovec vector = {};
  buffer->base = 0;
  buffer->count = 0;
  switch (regs->orig_ax) {
    case SYS_READ:
    case SYS_WRITE:
    case SYS_RECVFROM:
    case SYS_SENDTO:
      buffer->base = regs->si;
      return;
    case SYS_READV:
    case SYS_WRITEV:
      vector.base = regs->si;
      vector.length = regs->dx;
      break;
    case SYS_RECVMSG:
    case SYS_SENDMSG:  // struct msghdr: name, name length, vector, its length
      bpf_probe_read_user(&vector, sizeof vector, (void*)(regs->si + 16));
      break;
    default:
      return;
  }
  struct user_iovec first = {};
  if (!vector.length || bpf_probe_read_user(&first, sizeof first, (void*)vector.base)) return;
  buffer->base = first.base;
  if (first.length >= length) return;
  buffer->vector = vector.base;
  buffer->count = vector.length < IOV_WALK_MAX ? vector.length : IOV_WALK_MAX;
}
