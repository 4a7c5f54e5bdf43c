// Go programs over HTTP/2: which goroutine serves a stream, and which one a call is made for, from
// uprobes where each begins. The connection is found as tls.h finds it, each time anew: an object's
// address may be another's later.
#pragma once

#include "tls.h"

enum { STREAM_ID = 8 };  // in net/http's *http2stream

static __always_inline struct ts_stream_probe stream_probe(void* context) {
  union {
    __u64 word;
    struct ts_stream_probe probe;
  } cookie = {.word = bpf_get_attach_cookie(context)};
  return cookie.probe;
}

static __always_inline const struct ts_process* go_process(__u32 pid) {
  const struct ts_process* process = bpf_map_lookup_elem(&watched, &pid);
  const __u32 wanted = TS_PROCESS_WATCHED | TS_PROCESS_GO;
  return capture_data && process && (process->flags & wanted) == wanted ? process : 0;
}

// `conn` is the address of a net.Conn.
static __always_inline void write_stream(struct ts_go_stream* out, __u64 conn, __u64 g,
                                         const struct ts_go_layout* go) {
  struct call call = {};
  __u64 id = bpf_get_current_pid_tgid();
  __u64 cookie = find_socket(user_word(conn + 8), &call);
  out->goid = user_word(g + go->g_goid);
  out->parent_goid = user_word(g + go->g_parent_goid);
  if (!cookie || !out->goid || !out->stream) {
    count(TS_COUNT_GO_NO_STREAM);
    return;
  }
  fill_header(&out->header, TS_GO_STREAM, sizeof *out, cookie, id >> 32, id);
  write_record(0, out, sizeof *out);
}

// Behind the stack check of the function in which a stream's handler runs. It is called by the
// first function of a goroutine of its own; where it is not (a pool of workers), the goroutine
// serves others too and its number says nothing about what it starts.
SEC("uprobe")
int on_go_handler(struct pt_regs* regs) {
  struct ts_go_stream out = {.role = TS_ROLE_SERVER};
  struct ts_stream_probe probe = stream_probe(regs);
  const struct ts_process* process = go_process(bpf_get_current_pid_tgid() >> 32);
  if (!process) return 0;
  __u64 first = regs->ax, second = regs->bx, third = regs->cx, fourth = regs->di;
  __u64 caller_frame = 1;
  bpf_probe_read_user(&caller_frame, sizeof caller_frame, (void*)regs->bp);
  if (caller_frame) {
    count(TS_COUNT_GO_SHARED_HANDLER);
    return 0;
  }
  if (probe.kind == TS_STREAM_RPC_HANDLER) {  // server; transport, an interface; stream
    out.stream = user_word(fourth + probe.stream);
    if (probe.context) out.context = user_word(fourth + probe.context);
    write_stream(&out, third + probe.connection, regs->r14, &process->go);
  } else {  // connection; response writer; request
    out.stream = user_word(user_word(user_word(second)) + STREAM_ID);
    out.context = user_word(third + process->go.request_context + 8);
    write_stream(&out, first + probe.connection, regs->r14, &process->go);
  }
  return 0;
}

// gRPC streams whose caller was told, by hash: it is asked at each message.
enum { TOLD_STREAMS_MAX = 4096 };
__u64 told_streams[TOLD_STREAMS_MAX];

static __always_inline bool was_told(__u64 object, __u32 stream) {
  __u64 key = object ^ (__u64)stream << 48 ^ stream >> 16;
  __u64* slot = &told_streams[(object >> 5 ^ stream) & (TOLD_STREAMS_MAX - 1)];
  if (*slot == key) return true;
  *slot = key;
  return false;
}

// Behind the stack check of net/http's function that writes a request's header: the goroutine is
// one that the caller started. Or of gRPC's that sends a message: the first one's sender is the
// caller.
SEC("uprobe")
int on_go_stream_call(struct pt_regs* regs) {
  struct ts_go_stream out = {.role = TS_ROLE_CLIENT};
  struct ts_stream_probe probe = stream_probe(regs);
  const struct ts_process* process = go_process(bpf_get_current_pid_tgid() >> 32);
  if (!process) return 0;
  __u64 first = regs->ax, second = regs->bx;
  if (probe.kind == TS_STREAM_RPC_CALL) {
    out.stream = user_word(second + probe.stream);
    if (was_told(second, out.stream)) return 0;
    out.own = 1;
  } else {
    out.stream = second;
  }
  write_stream(&out, first + probe.connection, regs->r14, &process->go);
  return 0;
}
