// Maps and settings.
#pragma once

#include "kernel.h"
#include "shared.h"

enum protocol {
  PROTOCOL_UNKNOWN,
  PROTOCOL_HTTP1,
  PROTOCOL_TLS,
  PROTOCOL_HTTP2,
  PROTOCOL_UPGRADED,
  PROTOCOL_ASKED,  // a client's, none of the others
  PROTOCOL_QUIET,
  PROTOCOL_ENCRYPTED,  // what it says is in `plaintexts`, as far as it can be read
};

// Where one direction of an HTTP/2 connection is.
struct frame_state {
  __u32 first;  // the first four bytes of the current frame's header: its length and type
  __u32 left;   // bytes of its payload that are still to come
  __u8 have;    // bytes of its header that were seen
  __u8 copy;    // its payload is copied
  __u8 synced;  // it is known where frames begin
};

// What is remembered about one connection, in place: a map update a request would cost more than
// all the rest.
struct connection {
  __u64 cookie;
  __u64 offset[2];   // by direction: bytes moved so far
  __u32 next[2];     // by direction: TCP sequence number expected next
  __u32 generation;  // of the worker that was told about it
  __u32 pid;
  __u32 budget;  // bytes that may still be copied in this turn
  __u32 prefix;  // first bytes of this turn, while there are fewer than 4
  __u8 prefix_length;
  __u8 turn;  // direction + 1 of the last call; 0: none yet
  __u8 role;
  __u8 late;
  __u8 protocol;
  __u8 unknown;  // calls (late: turns) without a message
  __u8 established;
  __u8 out_of_scope;  // in another network namespace than the one asked for
  // Asked in a protocol that is none of ours.
  __u16 turn_calls;  // told of this turn
  __u8 long_turns;   // one after the other
  __u8 untold;       // this turn is too long, and so is no question or answer
  // Go.
  __u8 linked;                   // this turn's link block was written
  __u8 caller_known;             // the waiting goroutine of the current call was found
  __u8 searches;                 // failed searches for `object`
  __u8 tunnel;                   // a CONNECT was seen
  __u8 hello_known;              // encrypted: its ClientHello was read
  __u8 follows_turns;            // encrypted: its plaintext is numbered by the turns' first bytes
  __u64 object;                  // *http.conn or *http.persistConn
  __u64 connection_context;      // of the *http.conn
  __u64 goid;                    // of the goroutine that serves it
  __u64 call;                    // address of the *http.persistConn's current call
  __u64 writer;                  // the writeLoop's goroutine, when a call was not there yet
  struct frame_state frames[2];  // by direction
  struct ts_traffic told;        // by the last ts_flow; late: what was there at first sight
};

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, 1 << 23);
} events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_RINGBUF);
  __uint(max_entries, TS_PROCESS_RING_BYTES);
} process_events SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_WATCHED_MAX);
  __type(key, __u32);  // tgid
  __type(value, struct ts_process);
} watched SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct connection);
} connections SEC(".maps");

// In the place of `connections` where only system calls are traced: by cookie.
struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_CONNECTIONS_MAX);
  __type(key, __u64);
  __type(value, struct connection);
} connections_by_cookie SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_LISTENERS_MAX);
  __type(key, struct ts_listener_key);
  __type(value, __u32);  // tgid
} listeners SEC(".maps");

enum {
  FRONT_BYTES = 512,        // a ts_data and its link block are shorter
  STACK_HIGH_BYTES = 4096,  // of a goroutine's oldest frames
  KNOWN_MAX = 16,           // processes that each CPU remembers
  KNOWN_TLS_MAX = 64,       // and Go's TLS connections
  PROBE_SCRATCHES = 4,      // a uprobe may lose its CPU to a task that meets one too
};

// What `watched` says of a process (or flags 0), as long as nothing changes there.
struct known_process {
  __u32 pid;
  __u32 changes;  // `watched_changes` before the look
  struct ts_process process;
};

// Where a ts_go_procs is put together, behind what a call needs.
enum { PROCS_AT = 3 * TS_CAPTURE_MAX - sizeof(struct ts_go_procs) };

// A *tls.Conn and the socket below it, as long as the socket lives.
struct known_tls_conn {
  __u64 tls_conn, net_fd;
  __u64 cookie;
  __u32 pid, fd;
};

// Room for one call's record: its parts end, or begin, where the payload begins.
struct scratch {
  __u8 front[FRONT_BYTES];
  __u8 payload[3 * TS_CAPTURE_MAX];
  __u64 stack[STACK_HIGH_BYTES / 8];
  __u32 records;
  __u32 index;  // in `scratches`
  __u32 busy;   // a uprobe works with it
  struct known_process known[KNOWN_MAX];
  struct known_tls_conn tls_conns[KNOWN_TLS_MAX];
};

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, 1 + PROBE_SCRATCHES);
  __type(key, __u32);
  __type(value, struct scratch);
} scratches SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
  __uint(max_entries, TS_COUNTERS);
  __type(key, __u32);
  __type(value, __u64);
} counters SEC(".maps");

// Set before loading.
const volatile __u32 only_netns = 0;         // inode; 0: all
const volatile bool capture_data = true;     // copy what watched processes say
const volatile bool count_flows = true;      // ts_flow for every connection
const volatile bool read_tls = true;         // uprobes tell what TLS connections say
const volatile bool use_storage = true;      // false: connections_by_cookie
const volatile bool watch_listeners = true;  // whoever listens is watched
const volatile bool report_exec = false;     // every exec, not only those of watched processes
const volatile __u32 wakeup_bytes = 1 << 20;

// Set while running.
__u32 generation = 0;       // of the worker, from 1 on: a new one is told about connections anew
__u32 watched_changes = 0;  // how often `watched` changed, counted after each time
__u32 iterate_pass = 0;
__u64 last_wakeup_ns = 0;

struct ts_shared shared SEC(".data.shared");

static __always_inline void count(__u32 which) {
  __u64* value = bpf_map_lookup_elem(&counters, &which);
  if (value) (*value)++;
}

static __always_inline struct scratch* scratch_of_cpu(void) {
  __u32 zero = 0;
  return bpf_map_lookup_elem(&scratches, &zero);
}

// The ring is read every few milliseconds while there is traffic, so a record wakes nobody unless
// the reader has gone to sleep, or has fallen behind: which is looked at now and then.
static __always_inline __u64 wakeup_flags(struct scratch* scratch) {
  if (shared.want_wakeup) {
    shared.want_wakeup = 0;
    return BPF_RB_FORCE_WAKEUP;
  }
  if (!scratch || ++scratch->records % 32) return BPF_RB_NO_WAKEUP;
  if (bpf_ringbuf_query(&events, BPF_RB_AVAIL_DATA) < wakeup_bytes) return BPF_RB_NO_WAKEUP;
  __u64 now = bpf_ktime_get_ns();
  if (now - last_wakeup_ns < 1000000) return BPF_RB_NO_WAKEUP;
  last_wakeup_ns = now;
  return BPF_RB_FORCE_WAKEUP;
}

static __always_inline void write_record(struct scratch* scratch, void* record, __u32 size) {
  if (bpf_ringbuf_output(&events, record, size, wakeup_flags(scratch))) {
    __sync_fetch_and_add(&shared.lost, 1);
  }
}
