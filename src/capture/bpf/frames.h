// HTTP/2: where the frames of a connection begin, and which of their bytes are copied. The rule is
// in events.h.
#pragma once

#include "payload.h"

enum {
  PREFACE_BYTES = 24,  // what a client says before its first frame
  FRAME_HEADER = 9,
  FRAME_LENGTH_MAX = 16384,  // that a frame which we come across may have
  FRAME_TYPE_MAX = 0x20,
};
enum frame_type {
  FRAME_DATA = 0,
  FRAME_HEADERS = 1,
  FRAME_RST_STREAM = 3,
  FRAME_SETTINGS = 4,
  FRAME_PING = 6,
  FRAME_GOAWAY = 7,
  FRAME_WINDOW_UPDATE = 8,
  FRAME_CONTINUATION = 9,
};

static __always_inline __u32 frame_length(__u32 first) {
  return (first & 0xff) << 16 | (first & 0xff00) | (first >> 16 & 0xff);
}

static __always_inline void await_frame(struct frame_state* f) {
  f->first = 0;
  f->have = 0;
}

static __always_inline void sync_frames(struct frame_state* f) {
  f->synced = 1;
  await_frame(f);
}

// The preface is taken for the payload of a frame without a header.
static __always_inline void await_preface(struct frame_state* f, __u32 seen) {
  f->synced = f->copy = 1;
  f->have = FRAME_HEADER;
  f->left = PREFACE_BYTES - seen;
}

// Takes what there is of a frame's header: `word` has its next bytes, of which `available` count.
// Returns how many it took.
static __always_inline __u32 take_header(struct frame_state* f, __u32 word, __u32 available) {
  __u32 have = f->have, take = FRAME_HEADER - have;
  if (available < take) take = available;
  if (have < 4) {
    if (take < 4) word &= (1u << take * 8) - 1;
    f->first |= word << have * 8;
  }
  f->have = have + take;
  if (f->have < FRAME_HEADER) return take;
  __u32 type = f->first >> 24;
  f->left = frame_length(f->first);
  f->copy = type != FRAME_DATA || f->left <= TS_CAPTURE_DATA_FRAME;
  if (type > FRAME_TYPE_MAX) f->synced = 0;
  if (!f->left) await_frame(f);
  return take;
}

static __always_inline void take_payload(struct frame_state* f, __u32 bytes) {
  f->left -= bytes;
  if (!f->left) await_frame(f);
}

// Is it chance that a call of `length` bytes begins like this? Strict: a wrong yes costs more than
// a late one.
static __always_inline bool begins_with_frame(const __u8* head, __u32 length) {
  __u32 first = *(const __u32*)head, size = frame_length(first);
  __u32 stream = bpf_ntohl(*(const __u32*)(head + 5));
  __u8 flags = head[4];
  if (length < FRAME_HEADER || size > FRAME_LENGTH_MAX || stream >> 31) return false;
  switch (head[3]) {
    case FRAME_DATA:
      return stream & 1 && size && FRAME_HEADER + size == length && !(flags & ~0x9);
    case FRAME_HEADERS:
      return stream & 1 && size && FRAME_HEADER + size <= length && !(flags & ~0x2d);
    case FRAME_RST_STREAM:
      return stream && size == 4 && !flags;
    case FRAME_SETTINGS:
      return !stream && size % 6 == 0 && flags <= 1;
    case FRAME_PING:
      return !stream && size == 8 && flags <= 1;
    case FRAME_GOAWAY:
      return !stream && size >= 8 && !flags;
    case FRAME_WINDOW_UPDATE:
      return size == 4 && !flags;
    default:
      return false;
  }
}

// And the frame behind it, where that can be read?
static __always_inline bool is_followed_by_frame(const struct call* call) {
  __u8 next[FRAME_HEADER] = {};
  __u32 size = FRAME_HEADER + frame_length(*(const __u32*)call->head);
  if (size + FRAME_HEADER > call->length || call->buffer.count) return true;
  if (bpf_probe_read_user(next, sizeof next, (void*)(call->buffer.base + size))) return false;
  return next[3] <= FRAME_CONTINUATION && !(next[5] & 0x80) && next[0] < 0x10;
}
