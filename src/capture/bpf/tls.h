// What TLS connections say, from uprobes in the functions of Go's crypto/tls and of OpenSSL. Which
// of the socket layer's connections it belongs to is always known from the TLS object itself: in Go
// through its descriptor, in OpenSSL by the ClientHello's random that both have. What is not found
// there is not reported.
#pragma once

#include "ciphertext.h"
#include "syscalls.h"

enum {
  TLS_CONN_NET = 8,  // of a *tls.Conn: the data pointer of its net.Conn
  NET_FD_FAMILY = 56,
  NET_FD_KIND = 64,
  SOCK_STREAM = 1,
  READ_FRAME_CONN = 16,  // from tls.Conn.Read's frame pointer: its receiver, then its buffer
};

static __always_inline struct scratch* take_scratch(void) {
  for (__u32 i = 1; i <= PROBE_SCRATCHES; i++) {
    __u32 index = i;
    struct scratch* scratch = bpf_map_lookup_elem(&scratches, &index);
    if (!scratch) return 0;
    if (__sync_val_compare_and_swap(&scratch->busy, 0, 1)) continue;
    scratch->index = i;
    return scratch;
  }
  count(TS_COUNT_PROBES_BUSY);
  return 0;
}

static __always_inline void give_back(struct scratch* scratch) {
  scratch->busy = 0;
}

// Where the plaintext's next byte is in the numbers that both ends give their bytes.
static __always_inline __u32 position(struct plaintext* plaintext, const struct call* call) {
  struct connection* stream = &plaintext->stream;
  struct tcp_sock* tcp = (struct tcp_sock*)plaintext->sk;
  if (stream->follows_turns && call->new_turn && call->direction == TS_SEND)
    stream->next[TS_SEND] = BPF_CORE_READ(tcp, write_seq);
  return stream->next[call->direction & 1];
}

// `call` has direction, length, buffer, sp, fd and background.
static __always_inline void on_plaintext(struct scratch* scratch, const struct ts_process* process,
                                         struct plaintext* plaintext, struct call* call) {
  struct task_struct* task = bpf_get_current_task_btf();
  if (!plaintext) {
    count(TS_COUNT_TLS_NO_CONNECTION);
    return;
  }
  struct connection* stream = &plaintext->stream;
  __u32 direction = call->direction & 1;
  call->pid = task->tgid;
  call->tid = task->pid;
  call->is_go = !!(process->flags & TS_PROCESS_GO);
  call->background = call->background && call->is_go;
  call->new_turn = !call->background && stream->turn != direction + 1;
  call->tcp_seq = position(plaintext, call);
  call->offset = stream->offset[direction];
  stream->offset[direction] = call->offset + call->length;
  stream->next[direction] = call->tcp_seq + call->length;
  if (is_ignored(stream, direction)) return;
  call->frames = stream->protocol == PROTOCOL_HTTP2;
  read_first(scratch, call);
  if (plan_and_link(scratch, stream, process, task, call)) write_call(scratch, stream, call);
}

// The descriptor of a TCP connection that a net.Conn is, given its data pointer; -1 when it is
// something else.
static __always_inline int descriptor_of(__u64 conn) {
  __u64 net_fd = user_word(conn), family, kind;
  if (!net_fd) return -1;
  family = user_word(net_fd + NET_FD_FAMILY);
  kind = user_word(net_fd + NET_FD_KIND);
  if (!is_internet(family) || kind != SOCK_STREAM) return -1;
  return user_word(net_fd + NET_FD_SYSFD);
}

// A net.Conn may be wrapped once.
static __always_inline __u64 find_socket(__u64 conn, struct call* call) {
  int fd = descriptor_of(conn);
  if (fd < 0) fd = descriptor_of(user_word(conn + 8));
  if (fd < 0) return 0;
  call->fd = fd;
  struct sock* sk = socket_of(bpf_get_current_task_btf(), fd);
  return sk ? BPF_CORE_READ(sk, __sk_common.skc_cookie.counter) : 0;
}

static __always_inline struct plaintext* go_plaintext(struct scratch* scratch, __u32 pid,
                                                      __u64 tls_conn, struct call* call) {
  struct known_tls_conn* known = &scratch->tls_conns[tls_conn >> 7 & (KNOWN_TLS_MAX - 1)];
  __u64 conn = user_word(tls_conn + TLS_CONN_NET), net_fd = user_word(conn);
  struct plaintext* plaintext;
  if (known->tls_conn == tls_conn && known->net_fd == net_fd && known->pid == pid) {
    call->fd = known->fd;
    plaintext = bpf_map_lookup_elem(&plaintexts, &known->cookie);
    if (plaintext) return plaintext;
  }
  __u64 cookie = find_socket(conn, call);
  if (!cookie) return 0;
  plaintext = bpf_map_lookup_elem(&plaintexts, &cookie);
  if (!plaintext) return 0;
  known->tls_conn = tls_conn;
  known->net_fd = net_fd;
  known->cookie = cookie;
  known->pid = pid;
  known->fd = call->fd;
  return plaintext;
}

static __always_inline void on_go(__u64 tls_conn, struct call* call) {
  struct scratch* scratch = take_scratch();
  if (!scratch) return;
  __u32 pid = bpf_get_current_pid_tgid() >> 32;
  const struct ts_process* process = watched_process(scratch, pid);
  if (process) on_plaintext(scratch, process, go_plaintext(scratch, pid, tls_conn, call), call);
  give_back(scratch);
}

// Behind the stack check of tls.Conn.Write: receiver, buffer and length are in their registers.
SEC("uprobe")
int on_go_tls_write(struct pt_regs* regs) {
  struct call call = {.direction = TS_SEND, .length = regs->cx, .sp = regs->sp};
  call.buffer.base = regs->bx;
  if (!capture_data || !call.length) return 0;
  on_go(regs->ax, &call);
  return 0;
}

// In tls.Conn.Read, where decrypted bytes are copied to the caller's buffer: the arguments of
// memmove. Read keeps its own arguments where its caller left room for them.
SEC("uprobe")
int on_go_tls_read(struct pt_regs* regs) {
  __u64 own[3];  // receiver, buffer, its length
  struct call call = {.direction = TS_RECEIVE, .length = regs->cx, .sp = regs->sp};
  if (!capture_data || !call.length) return 0;
  if (bpf_probe_read_user(own, sizeof own, (void*)(regs->bp + READ_FRAME_CONN))) return 0;
  if (own[1] != regs->ax || call.length > own[2]) return 0;
  call.buffer.base = regs->bx;
  call.background = own[2] == 1;
  on_go(own[0], &call);
  return 0;
}

// Calls of OpenSSL that a thread is in, by direction.
struct ssl_call {
  __u64 ssl, buffer, count, sp;
};
struct ssl_calls {
  struct ssl_call at[2];
  __u64 cookie;  // of the connection found last
};
struct {
  __uint(type, BPF_MAP_TYPE_TASK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct ssl_calls);
} ssl_calls SEC(".maps");

static __always_inline struct ts_ssl_probe ssl_probe(void* context) {
  union {
    __u64 word;
    struct ts_ssl_probe probe;
  } cookie = {.word = bpf_get_attach_cookie(context)};
  return cookie.probe;
}

SEC("uprobe")
int on_ssl_enter(struct pt_regs* regs) {
  struct task_struct* task = bpf_get_current_task_btf();
  __u32 pid = task->tgid;
  const struct ts_process* process = bpf_map_lookup_elem(&watched, &pid);
  if (!capture_data || !process || !(process->flags & TS_PROCESS_WATCHED)) return 0;
  struct ts_ssl_probe probe = ssl_probe(regs);
  struct ssl_calls* calls =
      bpf_task_storage_get(&ssl_calls, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
  if (!calls) return 0;
  __u64 fourth = regs->cx, fifth = regs->r8;
  barrier_var(fourth);  // the verifier wants each register read from its own place
  barrier_var(fifth);
  struct ssl_call* call = &calls->at[probe.direction & 1];
  call->ssl = regs->di;
  call->buffer = regs->si;
  call->count = probe.result == TS_SSL_COUNT_AT_R8 ? fifth : fourth;
  call->sp = regs->sp;
  return 0;
}

// Whose connection is it? Null when its ClientHello was not seen.
static __always_inline struct plaintext* ssl_plaintext(struct ssl_calls* calls, __u32 pid,
                                                       __u64 ssl,
                                                       const struct ts_ssl_probe* probe) {
  struct hello hello = {.pid = pid};
  __u64 from = probe->state ? user_word(ssl + probe->state) : ssl;
  __u32 server = user_word(ssl + probe->server);
  hello.role = server ? TS_ROLE_SERVER : TS_ROLE_CLIENT;
  if (bpf_probe_read_user(hello.random, sizeof hello.random, (void*)(from + probe->random)))
    return 0;
  struct plaintext* last = bpf_map_lookup_elem(&plaintexts, &calls->cookie);
  if (last && !__builtin_memcmp(&last->hello, &hello, sizeof hello)) return last;
  __u64* cookie = bpf_map_lookup_elem(&hellos, &hello);
  if (!cookie) return 0;
  calls->cookie = *cookie;
  return bpf_map_lookup_elem(&plaintexts, cookie);
}

static __always_inline __u32 ssl_moved(const struct ssl_call* call, __u64 result,
                                       const struct ts_ssl_probe* probe) {
  if ((int)result <= 0) return 0;
  return probe->result == TS_SSL_RETURNS_COUNT ? (__u32)result : (__u32)user_word(call->count);
}

SEC("uretprobe")
int on_ssl_return(struct pt_regs* regs) {
  struct task_struct* task = bpf_get_current_task_btf();
  struct ssl_calls* calls = bpf_task_storage_get(&ssl_calls, task, 0, 0);
  if (!calls) return 0;
  struct ts_ssl_probe probe = ssl_probe(regs);
  struct ssl_call* entered = &calls->at[probe.direction & 1];
  bool whole = entered->ssl && entered->sp + 8 == regs->sp;
  struct call call = {.direction = probe.direction & 1, .sp = regs->sp};
  if (whole) call.length = ssl_moved(entered, regs->ax, &probe);
  call.buffer.base = entered->buffer;
  __u64 ssl = entered->ssl;
  entered->ssl = 0;
  if (!call.length) return 0;
  struct scratch* scratch = take_scratch();
  if (!scratch) return 0;
  const struct ts_process* process = watched_process(scratch, task->tgid);
  if (process) {
    struct plaintext* plaintext = ssl_plaintext(calls, task->tgid, ssl, &probe);
    on_plaintext(scratch, process, plaintext, &call);
  }
  give_back(scratch);
  return 0;
}
