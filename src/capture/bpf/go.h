// Go: who runs, who calls. Raw pointers only; what they mean together is decided in user space.
#pragma once

#include "callers.h"
#include "connection.h"
#include "plan.h"

// Offsets that have been the same since Go 1.19.
enum {
  G_STACK_HIGH = 8,
  CHANNEL_CAPACITY = 8,
  CHANNEL_ELEMENTS = 16,
  CHANNEL_ELEMENT_SIZE = 24,
  SUDOG_G = 0,
  SUDOG_BYTES = 96,   // with its channel
  G_IDS_BYTES = 136,  // a goroutine's id and, some words on, its parent's
  PERSIST_CONN_CONN = 80,
  PERSIST_CONN_REQUESTS = 128,
  HTTP_CONN_CANCEL = 8,
  HTTP_CONN_NET = 16,
  HTTP_CONN_READER = 72,
  RESPONSE_REQUEST = 8,
  NET_FD_SYSFD = 16,
  TRANSPORT_REQUEST_CONTEXT = 32,  // the data pointer of its own context, since Go 1.23
  PROCS_UNASKED_MAX = 16384,       // requests of a process after which no list of many Ps is made
  WRITER_FRAME_BYTES = 512,        // writeLoop is the first function of its goroutine
  SEARCHES_MAX = 16,               // for one connection
};
enum object_kind { OBJECT_SERVER, OBJECT_CLIENT, OBJECT_TRANSPORT_REQUEST };

// Goroutines that serve connections, by hash: whose calls need no second way to their request.
enum { SERVING_MAX = 8192 };
__u64 serving[SERVING_MAX] __attribute__((aligned(64)));

static __always_inline __u64 serving_key(__u32 pid, __u64 goid) {
  return goid ^ (__u64)pid << 40;
}

static __always_inline __u64* serving_slot(__u64 key) {
  return &serving[(key ^ key >> 37) & (SERVING_MAX - 1)];
}

// A record is put together backwards from its payload: the room for its last `size` bytes before.
static __always_inline void* before_payload(struct scratch* scratch, __u32 size) {
  __u32 at = (FRONT_BYTES - size) & (FRONT_BYTES - 1);
  return (void*)scratch + at;
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
  call->g = g;
  call->stack_high = stack[1];
  call->goid = user_word(g + go->g_goid);
}

struct search {
  __u64 found;
  __u32 fd, words;
  __u32 kind;  // enum object_kind
  bool several;
  __u32 scratch;  // its index
  __u16 call_size, reader_connection, request_context;
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

// A *transportRequest begins with the *Request, and its own context is a child of that one's.
static __always_inline bool is_transport_request(__u64 object, const struct search* search) {
  __u64 words[TRANSPORT_REQUEST_CONTEXT / 8 + 1];
  if (bpf_probe_read_user(words, sizeof words, (void*)object)) return false;
  __u64 context = user_word(words[0] + search->request_context + 8);
  return context && user_word(words[TRANSPORT_REQUEST_CONTEXT / 8] + 8) == context;
}

static __always_inline bool is_sought(__u64 object, const struct search* search) {
  if (search->kind == OBJECT_SERVER) return is_server_conn(object, search);
  if (search->kind == OBJECT_CLIENT) return is_client_conn(object, search);
  return is_transport_request(object, search);
}

static long search_word(__u32 index, struct search* search) {
  __u32 which = search->scratch;
  struct scratch* scratch = bpf_map_lookup_elem(&scratches, &which);
  if (!scratch || index >= search->words) return 1;
  __u64 object = scratch->stack[index & (STACK_HIGH_BYTES / 8 - 1)];
  if (object < 4096 || object & 7 || object >> 47 || object == search->found) return 0;
  if (!is_sought(object, search)) return 0;
  search->several = !!search->found;
  search->found = object;
  // There is one connection, but there may be what is left of an older request.
  return search->kind != OBJECT_TRANSPORT_REQUEST || search->several;
}

// The connection's Go object: some frame of its goroutine's stack points to it. Heap objects stay
// where they are, so once is enough.
GLOBAL __u64 find_object(struct scratch* scratch, const struct call* call,
                         const struct ts_go_layout* go, __u32 kind) {
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) return 0;
  if (!call || !go || !scratch || !call->goid) return 0;
  __u64 bytes = call->stack_high - call->sp;
  if (bytes > STACK_HIGH_BYTES) bytes = STACK_HIGH_BYTES;
  if (bytes < 8) return 0;
  if (bpf_probe_read_user(scratch->stack, bytes, (void*)(call->stack_high - bytes))) return 0;
  struct search search = {
      .fd = call->fd,
      .words = bytes / 8,
      .kind = kind,
      .scratch = scratch->index,
      .call_size = go->call_size,
      .reader_connection = go->reader_connection,
  };
  bpf_loop(STACK_HIGH_BYTES / 8, search_word, &search, 0);
  return search.found;
}

static __always_inline bool know_object(struct scratch* scratch, struct connection* connection,
                                        const struct call* call, const struct ts_go_layout* go) {
  if (connection->object) return true;
  if (connection->searches >= SEARCHES_MAX) return false;
  bool server = connection->role == TS_ROLE_SERVER;
  connection->object = find_object(scratch, call, go, server ? OBJECT_SERVER : OBJECT_CLIENT);
  if (connection->object && server) {
    connection->connection_context =
        user_word(user_word(connection->object + HTTP_CONN_CANCEL) + 8);
  } else if (connection->object) {
    connection->call =
        user_word(user_word(connection->object + PERSIST_CONN_REQUESTS) + CHANNEL_ELEMENTS);
  }
  if (connection->object) return true;
  if (++connection->searches == SEARCHES_MAX) count(TS_COUNT_GO_NO_CONNECTION);
  return false;
}

// Whether the goroutine must be looked for. One that serves a connection does so as long as that
// lives; and those that send for net/http are not the callers.
static __always_inline bool goroutine_matters(const struct connection* connection,
                                              const struct call* call) {
  if (connection->protocol == PROTOCOL_ASKED) return call->direction == TS_SEND;
  if (!connection->object && connection->searches < SEARCHES_MAX) return true;
  bool server = connection->role == TS_ROLE_SERVER, receive = call->direction == TS_RECEIVE;
  if (server) return receive && !connection->goid;
  return !receive && !connection->object;
}

// Whether a process's calls come from goroutines that its handlers started, by a hash of its pid:
// the pid, and in the low half its requests since the last such call. Only for those is a list of
// many Ps of any use.
enum { ASKED_PROCS_MAX = 1024 };
__u64 asked_procs[ASKED_PROCS_MAX];

static __always_inline bool procs_asked(__u32 pid) {
  __u64* asked = &asked_procs[pid & (ASKED_PROCS_MAX - 1)];
  if (*asked >> 32 != pid) *asked = (__u64)pid << 32;
  if ((__u32)*asked > PROCS_UNASKED_MAX) return false;
  ++*asked;
  return true;
}

static __always_inline void ask_for_procs(const struct ts_go_layout* go, __u32 pid, __u64 goid,
                                          __u64 parent) {
  __u64 key = serving_key(pid, goid), parent_key = serving_key(pid, parent);
  if (!go->allp || *serving_slot(key) == key || *serving_slot(parent_key) != parent_key) return;
  asked_procs[pid & (ASKED_PROCS_MAX - 1)] = (__u64)pid << 32;
}

struct proc_list {
  __u32 count, goid_cache;
  __u32 scratch;  // its index
};

static __always_inline struct ts_go_procs* procs_record(struct scratch* scratch) {
  return (void*)scratch->payload + PROCS_AT;
}

static long copy_proc(__u32 index, const struct proc_list* list) {
  __u32 which = list->scratch;
  struct scratch* scratch = bpf_map_lookup_elem(&scratches, &which);
  if (!scratch || index >= list->count || index >= TS_GO_MANY_PROCS_MAX) return 1;
  struct ts_go_proc* out = &procs_record(scratch)->proc[index];
  out->next = out->end = 0;
  __u64 p = scratch->stack[index];
  bpf_probe_read_user(out, sizeof *out, (void*)(p + list->goid_cache));
  return 0;
}

// On a machine with many processors the list is a record of its own.
GLOBAL int write_procs(struct scratch* scratch, const struct connection* connection,
                       const struct ts_go_layout* go, const struct call* call) {
  __u64 slice[2] = {};  // data, length
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) return 0;
  if (!scratch || !connection || !go || !call || !procs_asked(call->pid)) return 0;
  if (bpf_probe_read_user(slice, sizeof slice, (void*)go->allp)) return 0;
  struct proc_list list = {
      .count = slice[1], .goid_cache = go->p_goid_cache, .scratch = scratch->index};
  if (!slice[1] || slice[1] > TS_GO_MANY_PROCS_MAX) return 0;
  if (bpf_probe_read_user(scratch->stack, list.count * sizeof(__u64), (void*)slice[0])) return 0;
  bpf_loop(list.count, copy_proc, &list, 0);
  struct ts_go_procs* out = procs_record(scratch);
  __u32 size = offsetof(struct ts_go_procs, proc) + list.count * sizeof(struct ts_go_proc);
  out->procs = list.count;
  out->reserved = 0;
  fill_header(&out->header, TS_GO_PROCS, size, connection->cookie, call->pid, call->tid);
  barrier_var(size);
  if (size > sizeof *out) return 0;
  write_record(scratch, out, size);
  return 0;
}

// A request begins: what goroutine ids were not yet given out?
static __always_inline void link_server_receive(struct connection* connection,
                                                const struct ts_go_layout* go, struct call* call,
                                                struct scratch* scratch) {
  bool calls = is_caller(call->pid);
  __u32 procs = calls ? go->procs : 0;
  if (procs > TS_GO_PROCS_MAX) procs = TS_GO_PROCS_MAX;
  call->link_size = offsetof(struct ts_go_server, proc) + procs * sizeof(struct ts_go_proc);
  struct ts_go_server* out = before_payload(scratch, call->link_size);
  if (connection->object && is_http1(call->message) && !connection->goid)
    connection->goid = call->goid;
  if (connection->goid) call->goid = connection->goid;
  if (call->goid) {
    __u64 key = serving_key(call->pid, call->goid);
    *serving_slot(key) = key;
  }
  if (calls && go->allp) write_procs(scratch, connection, go, call);
  out->connection_context = connection->connection_context;
  out->request_context = 0;
  out->procs = procs;
  out->reserved = 0;
  for (__u32 i = 0; i < TS_GO_PROCS_MAX; i++) {
    if (i >= procs) break;
    bpf_probe_read_user(&out->proc[i], sizeof out->proc[i],
                        (void*)(go->proc[i] + go->p_goid_cache));
  }
}

// A response begins: which request is it for?
static __always_inline void link_server_send(struct connection* connection,
                                             const struct ts_go_layout* go, struct call* call,
                                             struct scratch* scratch) {
  call->link_size = offsetof(struct ts_go_server, proc);
  struct ts_go_server* out = before_payload(scratch, call->link_size);
  out->connection_context = connection->connection_context;
  out->request_context = 0;
  __u64 response = user_word(connection->object + go->server_response);
  __u64 request = response ? user_word(response + RESPONSE_REQUEST) : 0;
  if (request) out->request_context = user_word(request + go->request_context + 8);
  out->procs = 0;
  out->reserved = 0;
}

// The goroutine that waits for the response: it is parked on the call's channel.
static __always_inline bool find_caller(__u64 channel, const struct ts_go_layout* go, __u64* goid,
                                        __u64* parent) {
  __u64 waiter = user_word(channel + go->channel_waiters);
  __u64 words[G_IDS_BYTES / 8];
  if (!waiter || bpf_probe_read_user(words, SUDOG_BYTES, (void*)waiter)) return false;
  if (words[go->sudog_channel / 8 % 16] != channel || !words[SUDOG_G]) return false;
  __u32 apart = ((__u32)go->g_parent_goid - go->g_goid) / 8 & 31;
  if (apart >= G_IDS_BYTES / 8) return false;
  if (bpf_probe_read_user(words, G_IDS_BYTES, (void*)(words[SUDOG_G] + go->g_goid))) return false;
  *goid = words[0];
  *parent = words[apart];
  return true;
}

// Every context type of the standard library has its parent at offset 0.
static __always_inline __u32 walk_contexts(__u64 context, const struct ts_go_layout* go,
                                           __u64* chain) {
  __u32 length = 0;
  for (; length < TS_GO_CHAIN_MAX; length++) {
    if (context < 4096 || context & 7 || context >> 47) break;
    if (context >= go->static_begin && context < go->static_end) break;  // context.Background()
    chain[length] = context;
    context = user_word(context + 8);
  }
  return length;
}

// A caller hands its request to the writeLoop first and to the readLoop then. When it lost its CPU
// in between until the answer came, the writeLoop's frame still has the request.
static __always_inline void note_writer(struct connection* connection, struct call* call,
                                        const struct ts_go_layout* go) {
  struct call writer = {.sp = call->sp};
  find_goroutine(&writer, bpf_get_current_task_btf()->thread.fsbase, go);
  connection->writer = writer.g;
}

GLOBAL __u64 find_written(struct scratch* scratch, struct connection* connection,
                          const struct ts_go_layout* go) {
  if (!bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_loop)) return 0;
  if (!scratch || !connection || !go || !connection->writer) return 0;
  // Its stack may have moved meanwhile; the old one may be another's by now.
  __u64 high = user_word(connection->writer + G_STACK_HIGH), from = high - WRITER_FRAME_BYTES;
  if (!high || bpf_probe_read_user(scratch->stack, WRITER_FRAME_BYTES, (void*)from)) return 0;
  struct search search = {
      .words = WRITER_FRAME_BYTES / 8,
      .kind = OBJECT_TRANSPORT_REQUEST,
      .scratch = scratch->index,
      .request_context = go->request_context,
  };
  bpf_loop(WRITER_FRAME_BYTES / 8, search_word, &search, 0);
  connection->writer = 0;
  return search.several ? 0 : search.found;
}

// A call: whose is it? Nothing when it is not (or no longer) there.
static __always_inline void link_client(struct connection* connection,
                                        const struct ts_go_layout* go, struct call* call,
                                        struct scratch* scratch) {
  __u64 element[3] = {}, goid = 0, parent = 0, *chain = scratch->stack;
  if (bpf_probe_read_user(element, sizeof element, (void*)connection->call)) return;
  if (!element[0]) {
    if (!go->call_indirect) return;
    if (call->direction == TS_SEND) note_writer(connection, call, go);
    if (call->direction == TS_RECEIVE) element[0] = find_written(scratch, connection, go);
    if (!element[0]) return;
  }
  __u64 channel = go->call_response_channel == 16 ? element[2] : element[1];
  if (channel && find_caller(channel, go, &goid, &parent)) connection->caller_known = 1;
  __u32 length = 0;
  __u64 key = serving_key(call->pid, goid);
  if (*serving_slot(key) != key) {
    __u64 request = go->call_indirect ? user_word(element[0]) : element[0];
    length = walk_contexts(user_word(request + go->request_context + 8), go, chain);
  }
  call->link = TS_LINK_GO_CLIENT;
  call->link_size = offsetof(struct ts_go_client, chain) + length * sizeof(__u64);
  struct ts_go_client* out = before_payload(scratch, call->link_size);
  out->caller_goid = goid;
  out->caller_parent_goid = parent;
  out->chain_length = length;
  out->sender = 0;
  for (__u32 i = 0; i < TS_GO_CHAIN_MAX && i < length; i++) out->chain[i] = chain[i];
}

// Clients that are not net/http's send from the goroutine that calls, if from none of their own.
static __always_inline void link_sender(const struct ts_go_layout* go, struct call* call,
                                        struct scratch* scratch) {
  if (!call->goid) return;
  call->link = TS_LINK_GO_CLIENT;
  call->link_size = offsetof(struct ts_go_client, chain);
  struct ts_go_client* out = before_payload(scratch, call->link_size);
  out->caller_goid = call->goid;
  out->caller_parent_goid = user_word(call->g + go->g_parent_goid);
  out->chain_length = 0;
  out->sender = 1;
  ask_for_procs(go, call->pid, call->goid, out->caller_parent_goid);
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

// Of a connection that is not net/http's, but a server's that serves each one in a goroutine, as
// fasthttp's, or of a client that sends from the goroutine that calls.
static __always_inline void link_other(struct connection* connection, const struct ts_go_layout* go,
                                       struct call* call, struct scratch* scratch) {
  if (connection->protocol != PROTOCOL_HTTP1) return;
  if (connection->role == TS_ROLE_CLIENT) {
    if (call->direction == TS_SEND) link_sender(go, call, scratch);
  } else if (call->direction == TS_RECEIVE) {
    connection->linked = 1;
    call->link = TS_LINK_GO_SERVER;
    link_server_receive(connection, go, call, scratch);
  }
}

// Writes the link block that belongs to this call, if any, behind the ts_data.
GLOBAL int write_link(struct scratch* scratch, struct connection* connection,
                      const struct ts_process* process, struct call* call) {
  if (!connection || !process || !call || !scratch) return 0;
  const struct ts_go_layout* go = &process->go;
  if (!link_due(connection, call)) return 0;
  if (connection->role == TS_ROLE_CLIENT) add_caller(call->pid);
  if (!know_object(scratch, connection, call, go)) {
    link_other(connection, go, call, scratch);
    return 0;
  }
  connection->linked = 1;
  if (connection->role == TS_ROLE_CLIENT) {
    link_client(connection, go, call, scratch);
    const struct ts_go_client* out = before_payload(scratch, call->link_size);
    if (call->link == TS_LINK_GO_CLIENT)
      ask_for_procs(go, call->pid, out->caller_goid, out->caller_parent_goid);
    return 0;
  }
  if (call->direction == TS_SEND && !is_caller(call->pid)) return 0;
  call->link = TS_LINK_GO_SERVER;
  if (call->direction == TS_SEND) {
    link_server_send(connection, go, call, scratch);
  } else {
    link_server_receive(connection, go, call, scratch);
  }
  return 0;
}
