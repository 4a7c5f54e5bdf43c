// Walks through the frames of one call, and copies those that matter, piece by piece.
#pragma once

#include "connection.h"
#include "go.h"

enum {
  WALK_STEPS_MAX = 2048,  // headers, payloads and buffers of one call
  SHORT_CALL_STEPS = 2 * (SHORT_BYTES / FRAME_HEADER + 2),  // headers and payloads
};

struct walk {
  __u64 at;      // of the buffer that is being read
  __u32 room;    // bytes of it that are left
  __u32 buffer;  // its number
  __u32 done;    // bytes of the call
  __u32 start;   // of the record that is being made
  __u32 fill;    // bytes copied to it
  bool gap;      // bytes behind those were left out
  bool frame;    // it begins with a frame
};

static __always_inline void write_frames(struct scratch* scratch, struct connection* connection,
                                         const struct call* call, struct walk* walk) {
  struct ts_data* data = before_payload(scratch, sizeof *data);
  __u32 captured = walk->fill, size = sizeof *data + captured;
  data->offset = call->offset + walk->start;
  data->length = walk->done - walk->start;
  data->captured = captured;
  data->tcp_seq = call->tcp_seq + walk->start;
  data->direction = call->direction;
  data->link = TS_LINK_NONE;
  data->flags = (walk->frame ? TS_DATA_FRAME : 0) | (call->buffer.base ? 0 : TS_DATA_NO_BUFFER);
  data->reserved = 0;
  data->goid = call->goid;
  *(__u64*)data->tail = 0;
  fill_header(&data->header, TS_DATA, size, connection->cookie, call->pid, call->tid);
  barrier_var(size);
  if (size > FRONT_BYTES + TS_CAPTURE_MAX) return;
  write_record(scratch, data, size);
  walk->start = walk->done;
  walk->fill = 0;
  walk->gap = walk->frame = false;
}

static __always_inline bool next_buffer(const struct call* call, struct walk* walk) {
  struct user_iovec piece;
  if (!call->buffer.base || walk->buffer >= call->buffer.count) return false;
  __u64 at = call->buffer.vector + walk->buffer * sizeof piece;
  if (bpf_probe_read_user(&piece, sizeof piece, (void*)at)) return false;
  __u32 left = call->length - walk->done;
  walk->buffer++;
  walk->at = piece.base;
  walk->room = piece.length < left ? piece.length : left;
  return true;
}

// Copies up to `bytes` to the record; false when the memory cannot be read.
static __always_inline bool append(struct scratch* scratch, struct walk* walk, __u32 bytes) {
  __u32 fill = walk->fill;
  if (fill > TS_CAPTURE_MAX) return false;
  if (!read_bytes(scratch->payload + fill, bytes, walk->at)) return false;
  walk->fill = fill + bytes;
  return true;
}

// One step: a buffer, (a part of) a header or of a payload. False at the end, or when it is lost.
GLOBAL bool walk_step(struct scratch* scratch, struct connection* connection,
                      const struct call* call, struct walk* walk) {
  if (!scratch || !connection || !call || !walk) return false;
  struct frame_state* f = &connection->frames[call->direction & 1];
  if (walk->done >= call->length || !f->synced) return false;
  if (!walk->room) return next_buffer(call, walk);
  __u32 space = TS_CAPTURE_MAX - walk->fill, bytes;
  bool header = f->have < FRAME_HEADER, copy = header || f->copy;
  if (copy && (walk->gap || space < FRAME_HEADER)) {
    write_frames(scratch, connection, call, walk);
    return true;
  }
  bytes = header ? FRAME_HEADER - f->have : f->left;
  if (bytes > walk->room) bytes = walk->room;
  if (copy && bytes > space) bytes = space;
  if (header && !walk->fill && !f->have) walk->frame = true;
  __u32 from = walk->fill;
  if (!copy) {
    walk->gap = true;
  } else if (!append(scratch, walk, bytes)) {
    count(TS_COUNT_FAULT);
    return false;
  }
  if (header) {
    if (from > TS_CAPTURE_MAX) return false;
    take_header(f, *(__u32*)(scratch->payload + from), bytes);
  } else {
    take_payload(f, bytes);
  }
  walk->at += bytes;
  walk->room -= bytes;
  walk->done += bytes;
  return true;
}

// One step in a call that is in scratch->payload as a whole.
GLOBAL bool short_step(struct scratch* scratch, struct connection* connection,
                       const struct call* call, struct walk* walk) {
  if (!scratch || !connection || !call || !walk) return false;
  struct frame_state* f = &connection->frames[call->direction & 1];
  __u32 done = walk->done, left = call->length - done;
  if (done >= call->length || done >= SHORT_BYTES || !f->synced) return false;
  if (f->have < FRAME_HEADER) {
    walk->done += take_header(f, *(__u32*)(scratch->payload + done), left);
  } else {
    __u32 bytes = f->left < left ? f->left : left;
    take_payload(f, bytes);
    walk->done += bytes;
  }
  return true;
}

static __always_inline void walk_short(struct scratch* scratch, struct connection* connection,
                                       const struct call* call, struct walk* walk) {
  walk->frame = connection->frames[call->direction & 1].have == 0;
  for (int i = 0; i < SHORT_CALL_STEPS; i++) {
    if (!short_step(scratch, connection, call, walk)) break;
  }
  walk->fill = call->length;
}

// Bytes that cannot be read (sendfile) are fine inside of a body.
static __always_inline void walk_blind(struct frame_state* f, const struct call* call,
                                       struct walk* walk) {
  if (f->have < FRAME_HEADER || f->copy || f->left < call->length) return;
  take_payload(f, call->length);
  walk->done = call->length;
}

static __always_inline void write_http2(struct scratch* scratch, struct connection* connection,
                                        const struct call* call) {
  struct frame_state* f = &connection->frames[call->direction & 1];
  struct walk walk = {};
  if (!call->buffer.base) {
    walk_blind(f, call, &walk);
  } else if (call->first == call->length) {
    walk_short(scratch, connection, call, &walk);
  } else {
    if (!call->buffer.count) {
      walk.at = call->buffer.base;
      walk.room = call->length;
    }
    for (int i = 0; i < WALK_STEPS_MAX; i++) {
      if (!walk_step(scratch, connection, call, &walk)) break;
    }
  }
  if (walk.done < call->length) {
    f->synced = 0;
    count(TS_COUNT_FRAMES_LOST);
    walk.done = call->length;
  }
  if (walk.start < call->length) write_frames(scratch, connection, call, &walk);
}
