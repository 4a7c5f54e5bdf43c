// How many bytes of a call are worth copying: the rule in events.h.
#pragma once

#include "frames.h"

enum {
  TURN_REQUEST_BYTES = 16384,
  TURN_RESPONSE_BYTES = 4096,
  CALL_BYTES_MAX = 65536,  // of a call that can only hold heads
  LATE_TURNS_MAX = 16,     // without a message, after which a late connection is quiet
  QUESTION_CALLS = 256,    // of a turn that may be a question
  ANSWER_CALLS = 1024,     // or an answer
  LONG_TURNS_MAX = 8,      // one after the other, after which a connection is quiet
};

enum message {
  MESSAGE_NONE,
  MESSAGE_REQUEST,
  MESSAGE_REQUEST_WITHOUT_BODY,
  MESSAGE_REQUEST_CONNECT,
  MESSAGE_RESPONSE,
  MESSAGE_HTTP2,
  MESSAGE_TLS,
};

#define FOUR(a, b, c, d) ((__u32)(a) | (__u32)(b) << 8 | (__u32)(c) << 16 | (__u32)(d) << 24)

static __always_inline enum message classify(__u32 first) {
  switch (first) {
    case FOUR('G', 'E', 'T', ' '):
    case FOUR('H', 'E', 'A', 'D'):
    case FOUR('O', 'P', 'T', 'I'):
    case FOUR('T', 'R', 'A', 'C'):
      return MESSAGE_REQUEST_WITHOUT_BODY;
    case FOUR('P', 'O', 'S', 'T'):
    case FOUR('P', 'U', 'T', ' '):
    case FOUR('P', 'A', 'T', 'C'):
    case FOUR('D', 'E', 'L', 'E'):
    case FOUR('P', 'R', 'O', 'P'):  // WebDAV
    case FOUR('M', 'K', 'C', 'O'):
    case FOUR('C', 'O', 'P', 'Y'):
    case FOUR('M', 'O', 'V', 'E'):
    case FOUR('L', 'O', 'C', 'K'):
    case FOUR('U', 'N', 'L', 'O'):
    case FOUR('R', 'E', 'P', 'O'):
    case FOUR('S', 'E', 'A', 'R'):
    case FOUR('P', 'U', 'R', 'G'):
      return MESSAGE_REQUEST;
    case FOUR('C', 'O', 'N', 'N'):
      return MESSAGE_REQUEST_CONNECT;
    case FOUR('H', 'T', 'T', 'P'):
      return MESSAGE_RESPONSE;
    case FOUR('P', 'R', 'I', ' '):
      return MESSAGE_HTTP2;
    default:
      break;
  }
  __u8 type = first & 0xff;
  if ((type == 0x16 || type == 0x17) && (first >> 8 & 0xff) == 3) return MESSAGE_TLS;
  return MESSAGE_NONE;
}

static __always_inline bool is_http1(enum message message) {
  return message >= MESSAGE_REQUEST && message <= MESSAGE_RESPONSE;
}

// The message that this call begins with, given its first bytes. A head that trickles in is put
// together until its kind is known.
static __always_inline enum message first_message(struct connection* connection,
                                                  const struct call* call) {
  __u32 first = *(const __u32*)call->head, length = call->length;
  if (call->new_turn) connection->prefix_length = connection->prefix = 0;
  if (length >= 4) {
    enum message message = classify(first);
    if (message != MESSAGE_NONE || !connection->prefix_length) {
      connection->prefix_length = 4;
      return message;
    }
  }
  if (connection->prefix_length >= 4) return MESSAGE_NONE;
  __u32 have = connection->prefix_length & 3;
  __u32 more = length < 4 - have ? length : 4 - have;
  if (more < 4) first &= (1u << more * 8) - 1;
  connection->prefix |= first << have * 8;
  connection->prefix_length = have + more;
  return have + more < 4 ? MESSAGE_NONE : classify(connection->prefix);
}

static __always_inline void make_quiet(struct connection* connection, struct call* call) {
  connection->protocol = PROTOCOL_QUIET;
  call->report = call->quiet = true;
}

// A client asks, a server answers, in a protocol that is none of ours: each turn is told. One that
// does not end is a stream, and neither a question nor an answer.
static __always_inline void plan_asked(struct connection* connection, struct call* call) {
  bool send = call->direction == TS_SEND;
  connection->protocol = PROTOCOL_ASKED;
  if (call->new_turn) connection->turn_calls = 0;
  if (call->new_turn && send) {
    if (!connection->untold) connection->long_turns = 0;
    connection->untold = 0;
  }
  if (!connection->untold && ++connection->turn_calls > (send ? QUESTION_CALLS : ANSWER_CALLS)) {
    connection->untold = 1;
    if (++connection->long_turns >= LONG_TURNS_MAX) return make_quiet(connection, call);
  }
  call->report = !connection->untold;
  if (!send && connection->turn_calls > 1) return;
  call->copy = call->length < TS_CAPTURE_ASKED ? call->length : TS_CAPTURE_ASKED;
}

static __always_inline void start_http2(struct connection* connection, struct call* call) {
  connection->protocol = PROTOCOL_HTTP2;
  connection->unknown = connection->untold = 0;
  call->copy = 0;
  call->report = call->frames = true;
}

// From its beginning on: a client begins with the preface, a server with SETTINGS, both at once.
static __always_inline void plan_http2_start(struct connection* connection, struct call* call) {
  __u32 direction = call->direction & 1;
  struct frame_state* this_one = &connection->frames[direction];
  struct frame_state* other = &connection->frames[!direction];
  bool preface = call->message == MESSAGE_HTTP2;
  bool fresh = !connection->late && !connection->offset[!direction];
  if (preface) {
    await_preface(this_one, call->offset < 4 ? call->offset : 0);
    if (fresh) sync_frames(other);
  } else {
    sync_frames(this_one);
    if (fresh) await_preface(other, 0);
  }
  start_http2(connection, call);
}

// A server speaks first, or what was open before us shows a frame.
static __always_inline bool is_http2(const struct connection* connection, const struct call* call) {
  if (call->background || !begins_with_frame(call->head, call->length)) return false;
  if (!connection->late) return !call->offset && call->head[3] == FRAME_SETTINGS;
  return is_followed_by_frame(call);
}

static __always_inline void plan_frames(struct connection* connection, struct call* call) {
  struct frame_state* f = &connection->frames[call->direction & 1];
  call->report = f->synced;
  if (call->report || !begins_with_frame(call->head, call->length)) return;
  sync_frames(f);
  call->report = true;
}

// No message was seen on this connection before.
static __always_inline void plan_unknown(struct connection* connection, struct call* call) {
  bool undecided = call->message == MESSAGE_NONE && connection->prefix_length < 4;
  if (is_http1(call->message)) {
    connection->protocol = PROTOCOL_HTTP1;
    connection->unknown = 0;
    call->report = true;
  } else if (call->message == MESSAGE_TLS && read_tls) {
    connection->protocol = PROTOCOL_ENCRYPTED;
  } else if (call->message == MESSAGE_TLS && call->is_go && connection->role == TS_ROLE_CLIENT) {
    connection->protocol = PROTOCOL_TLS;
    call->report = call->only_link = true;
  } else if (call->message == MESSAGE_HTTP2 || (!call->message && is_http2(connection, call))) {
    plan_http2_start(connection, call);
  } else if (call->message != MESSAGE_NONE) {
    make_quiet(connection, call);
  } else if (undecided) {
    call->report = true;
  } else if (connection->role == TS_ROLE_CLIENT) {
    plan_asked(connection, call);
  } else if (!connection->late) {
    call->report = true;
    if (++connection->unknown >= TS_QUIET_AFTER) make_quiet(connection, call);
  } else if (call->new_turn && ++connection->unknown >= LATE_TURNS_MAX) {
    make_quiet(connection, call);
  }
}

// HTTP/1 ends where the answer to an upgrade or a CONNECT is followed by a protocol of its own.
static __always_inline bool ends_http(struct connection* connection, const struct call* call) {
  const __u8* status = call->head + 9;
  if (call->message == MESSAGE_REQUEST_CONNECT) connection->tunnel = 1;
  if (call->message != MESSAGE_RESPONSE) return false;
  if (status[0] == '1' && status[1] == '0' && status[2] == '1') return true;
  return status[0] == '2' && connection->tunnel;
}

static __always_inline void spend(struct connection* connection, struct call* call) {
  if (call->background) {  // the first byte of a request, whatever the answer before it has used up
    call->copy = call->length;
    return;
  }
  bool requests = (connection->role == TS_ROLE_SERVER) == (call->direction == TS_RECEIVE);
  bool only_heads = requests && call->message == MESSAGE_REQUEST_WITHOUT_BODY;
  if (is_http1(call->message)) {
    connection->budget = requests ? TURN_REQUEST_BYTES : TURN_RESPONSE_BYTES;
  } else if (call->new_turn) {
    bool undecided = connection->prefix_length < 4;
    bool whole = undecided || (requests && connection->protocol == PROTOCOL_HTTP1);
    connection->budget = TS_CAPTURE_TURN_OTHER;
    if (whole) connection->budget = requests ? TURN_REQUEST_BYTES : TURN_RESPONSE_BYTES;
  }
  __u32 limit = only_heads ? CALL_BYTES_MAX : connection->budget;
  call->copy = call->length < limit ? call->length : limit;
  connection->budget -= call->copy < connection->budget ? call->copy : connection->budget;
}

GLOBAL int plan_call(struct connection* connection, struct call* call) {
  if (!connection || !call) return 0;
  if (call->new_turn) connection->turn = call->direction + 1;
  call->message = call->background ? MESSAGE_NONE : first_message(connection, call);
  call->report = true;
  switch (connection->protocol) {
    case PROTOCOL_UNKNOWN:
      call->report = false;
      plan_unknown(connection, call);
      break;
    case PROTOCOL_ASKED:
      if (!is_http1(call->message)) {
        if (connection->late && is_http2(connection, call)) {
          plan_http2_start(connection, call);
        } else {
          plan_asked(connection, call);
        }
        return 0;
      }
      connection->protocol = PROTOCOL_HTTP1;
      break;
    case PROTOCOL_TLS:
      call->only_link = true;
      break;
    case PROTOCOL_HTTP2:
      plan_frames(connection, call);
      return 0;
    case PROTOCOL_UPGRADED:
      return 0;
    default:
      break;
  }
  if (!call->report || call->only_link || call->frames) return 0;
  if (connection->protocol == PROTOCOL_ASKED) return 0;
  spend(connection, call);
  if (connection->protocol == PROTOCOL_HTTP1 && ends_http(connection, call))
    connection->protocol = PROTOCOL_UPGRADED;
  return 0;
}
