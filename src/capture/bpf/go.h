// Go: who runs, who calls. Raw pointers only; what they mean together is decided in user space.
#pragma once

#include "plan.h"

// Offsets that have been the same since Go 1.19.
enum {
  GO_STACK_HIGH_BYTES = 4096,  // of the stack's oldest frames, searched for the connection's object
  G_STACK_HIGH = 8,
  CHANNEL_CAPACITY = 8,
  CHANNEL_ELEMENT_SIZE = 24,
  SUDOG_G = 0,
  PERSIST_CONN_CONN = 80,
  PERSIST_CONN_REQUESTS = 128,
  HTTP_CONN_CANCEL = 8,
  HTTP_CONN_NET = 16,
  HTTP_CONN_READER = 72,
  HTTP_CONN_RESPONSE = 112,  // curReq
  RESPONSE_REQUEST = 8,
  NET_FD_SYSFD = 16,
  SEARCHES_MAX = 16,  // for one connection
};
enum { LINKS_MAX = 512 };  // a ts_data and its link block are shorter

enum object_kind { OBJECT_SERVER, OBJECT_CLIENT };

// What one call of a Go program needs at hand, and the room for its record.
struct scratch {
  __u64 stack[GO_STACK_HIGH_BYTES / 8];
  __u8 record[LINKS_MAX + 3 * TS_CAPTURE_MAX];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

static __always_inline struct scratch* scratch_of_cpu(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&scratches, &zero);
}

static __always_inline __u64 user_word(__u64 address) {
  __u64 word = 0;
  if (bpf_probe_read_user(&word, sizeof word, (void*)address)) return 0;
  return word;
}

// The goroutine that is in this system call: g is below the thread's FS base.
static __always_inline void find_goroutine(struct call* call, __u64 fsbase,
                                           const struct ts_go_layout* go) {
  __u64 stack[2] = {};
  __u64 g = user_word(fsbase - 8);
  if (!g || bpf_probe_read_user(stack, sizeof stack, (void*)g)) return;
  if (call->sp < stack[0] || call->sp >= stack[1]) {
    count(TS_COUNT_GO_NO_GOROUTINE);
    return;
  }
  call->stack_high = stack[1];
  call->goid = user_word(g + go->g_goid);
}

struct search {
  __u64 found;
  __u32 fd, words;
  __u32 kind;  // enum object_kind
  __u16 call_size, reader_connection;
};

// Does a net.Conn (its data pointer) own the descriptor, itself or one wrapper further (tls.Conn)?
static __always_inline bool owns_descriptor(__u64 conn, __u32 fd) {
  __u64 net_fd = user_word(conn);
  if (net_fd && user_word(net_fd + NET_FD_SYSFD) == fd) return true;
  __u64 inner = user_word(conn + 8);
  if (!inner) return false;
  net_fd = user_word(inner);
  return net_fd && user_word(net_fd + NET_FD_SYSFD) == fd;
}

static __always_inline bool is_server_conn(__u64 object, const struct search* search) {
  __u64 reader = user_word(object + HTTP_CONN_READER);
  if (!reader || reader & 7) return false;
  if (user_word(reader + search->reader_connection) != object) return false;
  return owns_descriptor(user_word(object + HTTP_CONN_NET + 8), search->fd);
}

static __always_inline bool is_client_conn(__u64 object, const struct search* search) {
  __u64 calls = user_word(object + PERSIST_CONN_REQUESTS);
  if (!calls || calls & 7) return false;
  if (user_word(calls + CHANNEL_CAPACITY) != 1) return false;
  if ((__u16)user_word(calls + CHANNEL_ELEMENT_SIZE) != search->call_size) return false;
  return owns_descriptor(user_word(object + PERSIST_CONN_CONN + 8), search->fd);
}

static long search_word(__u32 index, struct search* search) {
  struct scratch* scratch = scratch_of_cpu();
  if (!scratch || index >= search->words) return 1;
  __u64 object = scratch->stack[index & (GO_STACK_HIGH_BYTES / 8 - 1)];
  if (object < 4096 || object & 7 || object >> 47) return 0;
  bool hit = search->kind == OBJECT_SERVER ? is_server_conn(object, search)
                                           : is_client_conn(object, search);
  if (!hit) return 0;
  search->found = object;
  return 1;
}

// The connection's Go object: some frame of its goroutine's stack points to it. Heap objects stay
// where they are, so once is enough.
GLOBAL __u64 find_object(const struct call* call, const struct ts_go_layout* go, __u32 kind) {
  struct scratch* scratch = scratch_of_cpu();
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) return 0;
  if (!call || !go || !scratch || !call->goid) return 0;
  __u64 bytes = call->stack_high - call->sp;
  if (bytes > GO_STACK_HIGH_BYTES) bytes = GO_STACK_HIGH_BYTES;
  if (bytes < 8) return 0;
  if (bpf_probe_read_user(scratch->stack, bytes, (void*)(call->stack_high - bytes))) return 0;
  struct search search = {
      .fd = call->fd,
      .words = bytes / 8,
      .kind = kind,
      .call_size = go->call_size,
      .reader_connection = go->reader_connection,
  };
  bpf_loop(GO_STACK_HIGH_BYTES / 8, search_word, &search, 0);
  return search.found;
}

static __always_inline bool know_object(struct connection* connection, const struct call* call,
                                        const struct ts_go_layout* go) {
  if (connection->object) return true;
  if (connection->searches >= SEARCHES_MAX) return false;
  bool server = connection->role == TS_ROLE_SERVER;
  connection->object = find_object(call, go, server ? OBJECT_SERVER : OBJECT_CLIENT);
  if (connection->object) {
    __u64 cancel = user_word(connection->object + HTTP_CONN_CANCEL);
    if (server) connection->connection_context = user_word(cancel + 8);
    return true;
  }
  if (++connection->searches == SEARCHES_MAX) count(TS_COUNT_GO_NO_CONNECTION);
  return false;
}

// A request begins: what goroutine ids were not yet given out? Returns the block's size.
static __always_inline __u32 link_server_receive(struct connection* connection,
                                                 const struct ts_go_layout* go,
                                                 struct ts_go_server* out) {
  out->connection_context = connection->connection_context;
  out->request_context = 0;
  out->reserved = 0;
  __u32 procs = 0;
  for (; procs < TS_GO_PROCS_MAX; procs++) {
    if (procs >= go->procs) break;
    bpf_probe_read_user(&out->proc[procs], sizeof out->proc[procs],
                        (void*)(go->proc[procs] + go->p_goid_cache));
  }
  out->procs = procs;
  return offsetof(struct ts_go_server, proc) + procs * sizeof(struct ts_go_proc);
}

// A response begins: which request is it for?
static __always_inline __u32 link_server_send(struct connection* connection,
                                              const struct ts_go_layout* go,
                                              struct ts_go_server* out) {
  __u64 response = user_word(connection->object + HTTP_CONN_RESPONSE);
  __u64 request = response ? user_word(response + RESPONSE_REQUEST) : 0;
  out->connection_context = connection->connection_context;
  out->request_context = request ? user_word(request + go->request_context + 8) : 0;
  out->procs = 0;
  out->reserved = 0;
  return offsetof(struct ts_go_server, proc);
}

// The goroutine that waits for the response: it is parked on the call's channel.
static __always_inline void find_caller(__u64 channel, const struct ts_go_layout* go,
                                        struct ts_go_client* out) {
  __u64 sudog = user_word(channel + go->channel_waiters);
  if (!sudog || user_word(sudog + go->sudog_channel) != channel) return;
  __u64 g = user_word(sudog + SUDOG_G);
  if (!g) return;
  out->caller_goid = user_word(g + go->g_goid);
  out->caller_parent_goid = user_word(g + go->g_parent_goid);
}

// Every context type of the standard library has its parent at offset 0.
static __always_inline __u32 walk_contexts(__u64 context, const struct ts_go_layout* go,
                                           struct ts_go_client* out) {
  __u32 length = 0;
  for (; length < TS_GO_CHAIN_MAX; length++) {
    if (context < 4096 || context & 7 || context >> 47) break;
    if (context >= go->static_begin && context < go->static_end) break;  // context.Background()
    out->chain[length] = context;
    context = user_word(context + 8);
  }
  return length;
}

// A call: whose is it? Returns the block's size, 0 when the call is not (or no longer) there.
static __always_inline __u32 link_client(struct connection* connection,
                                         const struct ts_go_layout* go, struct ts_go_client* out) {
  struct {
    __u64 length, capacity, elements;
  } channel = {};
  __u64 element[3] = {};
  __u64 calls = user_word(connection->object + PERSIST_CONN_REQUESTS);
  if (!calls || bpf_probe_read_user(&channel, sizeof channel, (void*)calls)) return 0;
  if (channel.length != 1) return 0;
  if (bpf_probe_read_user(element, sizeof element, (void*)channel.elements)) return 0;
  __u64 request = go->call_indirect ? user_word(element[0]) : element[0];
  out->caller_goid = out->caller_parent_goid = 0;
  out->reserved = 0;
  find_caller(go->call_response_channel == 16 ? element[2] : element[1], go, out);
  out->chain_length = walk_contexts(user_word(request + go->request_context + 8), go, out);
  if (out->caller_goid) connection->caller_known = 1;
  return offsetof(struct ts_go_client, chain) + out->chain_length * sizeof(__u64);
}

// Whether this call is one that says something: the first of a turn, each that begins a message,
// and, as long as a call's goroutine is not known, its further sends and the first receive.
static __always_inline bool link_due(struct connection* connection, const struct call* call) {
  bool send = call->direction == TS_SEND, begins = is_http1(call->message);
  if (call->new_turn) connection->linked = 0;
  if (connection->role == TS_ROLE_SERVER) return begins || !connection->linked;
  if (send && (call->new_turn || begins)) connection->caller_known = 0;
  if (connection->caller_known) return false;
  return send || !connection->linked;
}

// Writes the link block that belongs to this call, if any, behind the ts_data.
GLOBAL int write_link(struct connection* connection, const struct ts_process* process,
                      struct call* call) {
  struct scratch* scratch = scratch_of_cpu();
  if (!connection || !process || !call || !scratch) return 0;
  const struct ts_go_layout* go = &process->go;
  void* block = scratch->record + sizeof(struct ts_data);
  if (!link_due(connection, call) || !know_object(connection, call, go)) return 0;
  connection->linked = 1;
  if (connection->role == TS_ROLE_CLIENT) {
    call->link_size = link_client(connection, go, block);
    if (call->link_size) call->link = TS_LINK_GO_CLIENT;
    return 0;
  }
  call->link_size = call->direction == TS_SEND ? link_server_send(connection, go, block)
                                               : link_server_receive(connection, go, block);
  call->link = TS_LINK_GO_SERVER;
  return 0;
}
