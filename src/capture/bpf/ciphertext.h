// Connections that speak TLS, as their sockets show them: what is said over them is kept apart, in
// `plaintexts`, and reported by uprobes (tls.h). Here it is only made known whose connection it is.
#pragma once

#include "data.h"
#include "processes.h"

enum { RANDOM_AT = 11 };  // the ClientHello's random, from the connection's first byte on

// Names a TLS connection among those of a process: both ends may be in one.
struct hello {
  __u8 random[16];
  __u32 pid;
  __u32 role;
};

struct plaintext {
  struct connection stream;  // as if the plaintext were what the socket moves
  struct hello hello;
  __u64 sk;
};

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_CONNECTIONS_MAX);
  __type(key, __u64);  // the socket's cookie
  __type(value, struct plaintext);
} plaintexts SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_CONNECTIONS_MAX);
  __type(key, struct hello);
  __type(value, __u64);  // the socket's cookie
} hellos SEC(".maps");

// The bytes that follow the record's and the message's header. Seen whole in one call or not at
// all. Both ends number their plaintext from these bytes on, so that its positions are the same.
static __always_inline void note_hello(struct connection* connection, const struct pt_regs* regs,
                                       struct call* call) {
  bool by_client = (connection->role == TS_ROLE_CLIENT) == (call->direction == TS_SEND);
  if (!by_client || call->offset > RANDOM_AT) return;
  if (call->offset + call->length < RANDOM_AT + sizeof(((struct hello*)0)->random)) return;
  struct plaintext* plaintext = bpf_map_lookup_elem(&plaintexts, &connection->cookie);
  if (!plaintext) return;
  struct hello hello = {.pid = call->pid, .role = connection->role};
  struct user_buffer buffer;
  find_buffer(regs, call->length, &buffer);
  if (!buffer.base || buffer.count) return;
  if (bpf_probe_read_user(hello.random, sizeof hello.random,
                          (void*)(buffer.base + RANDOM_AT - call->offset)))
    return;
  connection->hello_known = 1;
  plaintext->hello = hello;
  if (bpf_map_update_elem(&hellos, &hello, &connection->cookie, BPF_ANY)) count(TS_COUNT_TLS_FULL);
  if (connection->follows_turns) return;
  plaintext->stream.next[0] = plaintext->stream.next[1] = *(__u32*)hello.random;
}

// A connection whose beginning was missed is numbered anew at each turn, from its first byte.
static __always_inline void on_ciphertext(struct scratch* scratch, struct sock* sk,
                                          struct connection* connection, const struct pt_regs* regs,
                                          struct call* call) {
  if (connection->generation != generation) announce(scratch, connection, sk, call->pid, call->tid);
  if (!connection->hello_known && !connection->late) note_hello(connection, regs, call);
  if (!connection->follows_turns || !call->new_turn) return;
  connection->turn = call->direction + 1;
  struct plaintext* plaintext = bpf_map_lookup_elem(&plaintexts, &connection->cookie);
  if (plaintext && call->direction == TS_RECEIVE)
    plaintext->stream.next[TS_RECEIVE] = call->tcp_seq;
}

static __always_inline void begin_plaintext(struct scratch* scratch, struct sock* sk,
                                            struct connection* connection,
                                            const struct ts_process* process,
                                            const struct pt_regs* regs, struct call* call) {
  struct plaintext* fresh = (struct plaintext*)scratch->stack;
  __builtin_memset(fresh, 0, sizeof *fresh);
  connection->pid = call->pid;
  connection->follows_turns = connection->late || !(process->flags & TS_PROCESS_TLS);
  fresh->stream.cookie = connection->cookie;
  fresh->stream.pid = call->pid;
  fresh->stream.role = connection->role;
  fresh->stream.late = connection->late;
  fresh->stream.follows_turns = connection->follows_turns;
  fresh->stream.next[call->direction & 1] = call->tcp_seq;
  fresh->sk = (__u64)sk;
  __u64 cookie = connection->cookie;
  if (bpf_map_update_elem(&plaintexts, &cookie, fresh, BPF_ANY)) {
    count(TS_COUNT_TLS_FULL);
    connection->protocol = PROTOCOL_QUIET;
    return;
  }
  if (!(process->flags & TS_PROCESS_TLS)) report_process(TS_PROCESS_ENCRYPTS, call->pid, 0, 0);
  connection->turn = 0;
  on_ciphertext(scratch, sk, connection, regs, call);
}

// Nothing read, and not because nothing was said: its program's TLS functions are not known, or the
// connection is older than the probes in them.
static __always_inline void end_plaintext(struct connection* connection) {
  __u64 cookie = connection->cookie;
  struct plaintext* plaintext = bpf_map_lookup_elem(&plaintexts, &cookie);
  if (!plaintext) return;
  struct connection* stream = &plaintext->stream;
  bool silent = !stream->offset[0] && !stream->offset[1];
  if (silent && (stream->follows_turns || !connection->hello_known)) count(TS_COUNT_TLS_UNREAD);
  struct hello hello = plaintext->hello;
  bpf_map_delete_elem(&hellos, &hello);
  bpf_map_delete_elem(&plaintexts, &cookie);
}
