// One call that moved bytes of a watched process's TCP connection becomes TS_DATA records.
#pragma once

#include "connection.h"
#include "go.h"
#include "walk.h"

enum { PARTS_MAX = CALL_BYTES_MAX / TS_CAPTURE_MAX };

// The bytes of a call that has several buffers; never more than TS_CAPTURE_MAX.
static __always_inline __u32 gather(__u8* out, const struct user_buffer* buffer, __u32 bytes) {
  __u32 done = 0;
  for (__u32 i = 0; i < IOV_MAX; i++) {
    struct user_iovec piece;
    if (i >= buffer->count || done >= bytes || done > TS_CAPTURE_MAX) break;
    if (bpf_probe_read_user(&piece, sizeof piece, (void*)(buffer->vector + i * sizeof piece)))
      break;
    __u32 size = bytes - done;
    if (piece.length < size) size = piece.length;
    if (!read_bytes(out + done, size, piece.base)) break;
    done += size;
  }
  return done;
}

// Copies `bytes` of the call, from `skip` on, to `at` in the payload. Returns how many it could.
GLOBAL __u32 copy_bytes(struct scratch* scratch, const struct call* call, __u32 at, __u32 skip,
                        __u32 bytes) {
  if (!scratch || !call || !call->buffer.base || !bytes) return 0;
  if (at > FIRST_BYTES || bytes > TS_CAPTURE_MAX) return 0;
  if (call->buffer.count) return gather(scratch->payload, &call->buffer, bytes);
  if (read_bytes(scratch->payload + at, bytes, call->buffer.base + skip)) return bytes;
  count(TS_COUNT_FAULT);
  return 0;
}

// The call's first bytes, most often all that matter. Past a turn's beginning only a head counts.
static __always_inline void read_first(struct scratch* scratch, struct call* call) {
  __u32 limit = call->frames ? SHORT_BYTES : call->new_turn ? FIRST_BYTES : HEAD_BYTES;
  __u32 bytes = call->length < limit ? call->length : limit;
  __u64* payload = (__u64*)scratch->payload;
  payload[0] = payload[1] = 0;
  if (call->buffer.count) {
    call->first = copy_bytes(scratch, call, 0, 0, bytes);
  } else if (read_bytes(scratch->payload, bytes, call->buffer.base)) {
    call->first = bytes;
  }
  __builtin_memcpy(call->head, payload, HEAD_BYTES);
}

// What read_first left.
static __always_inline __u32 read_rest(struct scratch* scratch, const struct call* call,
                                       __u32 bytes) {
  __u32 first = call->first;
  if (bytes <= first) return bytes;
  if (call->buffer.count || !first) return copy_bytes(scratch, call, 0, 0, bytes);
  return first + copy_bytes(scratch, call, first, first, bytes - first);
}

static __always_inline void copy_tail(const struct connection* connection, const struct call* call,
                                      struct ts_data* data) {
  *(__u64*)data->tail = 0;
  if (connection->protocol == PROTOCOL_ASKED) return;
  if (data->captured == data->length || call->length < TS_TAIL) return;
  if (!call->buffer.base || call->buffer.count) return;
  bpf_probe_read_user(data->tail, TS_TAIL, (void*)(call->buffer.base + call->length - TS_TAIL));
}

// Writes one record: `done` bytes of the call were written before. Returns how many it took, 0 when
// it was the last.
GLOBAL __u32 write_part(struct scratch* scratch, struct connection* connection,
                        const struct call* call, __u32 done) {
  if (!connection || !call || !scratch) return 0;
  __u32 left = call->copy - done, bytes = left > TS_CAPTURE_MAX ? TS_CAPTURE_MAX : left;
  __u32 front = sizeof(struct ts_data) + (done ? 0 : call->link_size);
  struct ts_data* data = before_payload(scratch, front);
  __u32 captured =
      done ? copy_bytes(scratch, call, 0, done, bytes) : read_rest(scratch, call, bytes);
  bool last = left <= TS_CAPTURE_MAX || captured < bytes || call->buffer.count ||
              done >= CALL_BYTES_MAX - TS_CAPTURE_MAX;
  data->offset = call->offset + done;
  data->length = last ? call->length - done : captured;
  data->captured = captured;
  data->tcp_seq = call->tcp_seq + done;
  data->direction = call->direction;
  data->link = done ? TS_LINK_NONE : call->link;
  data->flags = (call->background ? TS_DATA_PEEK_BYTE : 0) |
                (call->buffer.base ? 0 : TS_DATA_NO_BUFFER) |
                (call->quiet && last ? TS_DATA_QUIET : 0);
  data->reserved = 0;
  data->goid = call->goid;
  copy_tail(connection, call, data);
  __u32 size = front + captured;
  fill_header(&data->header, TS_DATA, size, connection->cookie, call->pid, call->tid);
  barrier_var(size);  // lest the compiler drop the check that the verifier asks for
  if (size > FRONT_BYTES + TS_CAPTURE_MAX) return 0;
  write_record(scratch, data, size);
  return last ? 0 : captured;
}

static __always_inline void write_data(struct scratch* scratch, struct connection* connection,
                                       const struct call* call) {
  __u32 done = 0;
  for (int part = 0; part < PARTS_MAX; part++) {
    __u32 more = write_part(scratch, connection, call, done);
    if (!more) return;
    done += more;
  }
}

static __always_inline bool is_ignored(const struct connection* connection, __u32 direction) {
  if (connection->out_of_scope || connection->protocol == PROTOCOL_QUIET) return true;
  return connection->untold && connection->turn == direction + 1;
}

static __always_inline void find_bytes(struct scratch* scratch, struct call* call,
                                       const struct pt_regs* regs, struct task_struct* task) {
  if (!(task->thread_info.status & TS_COMPAT)) find_buffer(regs, call->length, &call->buffer);
  if (!call->buffer.base) {
    count(TS_COUNT_NO_BUFFER);
  } else {
    read_first(scratch, call);
  }
}

// False when there is nothing to report.
static __always_inline bool plan_and_link(struct scratch* scratch, struct connection* connection,
                                          const struct ts_process* process,
                                          struct task_struct* task, struct call* call) {
  plan_call(connection, call);
  if (call->report && call->is_go && !call->background && !call->frames) {
    if (goroutine_matters(connection, call))
      find_goroutine(call, task->thread.fsbase, &process->go);
    if (connection->protocol == PROTOCOL_HTTP1 || connection->protocol == PROTOCOL_TLS)
      write_link(scratch, connection, process, call);
    else if (connection->protocol == PROTOCOL_ASKED && call->direction == TS_SEND)
      link_sender(&process->go, call, scratch);
  }
  return call->report && (!call->only_link || call->link);
}

static __always_inline void write_call(struct scratch* scratch, struct connection* connection,
                                       struct call* call) {
  if (call->frames) {
    write_http2(scratch, connection, call);
  } else {
    write_data(scratch, connection, call);
  }
}
