// What the BPF programs and their loader agree on. Plain C.
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

#include "../events.h"

#ifdef __cplusplus
namespace tarsier::capture {
#endif

enum {
  TS_WATCHED_MAX = 16384,      // processes
  TS_LISTENERS_MAX = 16384,    // (network namespace, port)
  TS_CONNECTIONS_MAX = 65536,  // only with the system-call source; else socket storage, unlimited
  TS_UDP_FLOWS_MAX = 16384,    // (sockets' ends and peers)
  TS_PROCESS_RING_BYTES = 1 << 18,
};

// Where a Go program of one version keeps things: byte offsets.
struct ts_go_layout {
  __u16 g_goid, g_parent_goid;
  __u16 sudog_channel;
  __u16 channel_waiters;  // hchan.recvq
  __u16 call_size;        // net/http.requestAndChan
  __u16 call_response_channel;
  __u16 call_indirect;  // it holds a *transportRequest, which begins with the *Request
  __u16 request_context;
  __u16 reader_connection;  // net/http.connReader.conn
  __u16 p_goid_cache;
  __u16 server_response;           // net/http.conn.curReq
  __u32 procs;                     // entries of proc
  __u64 allp;                      // address of the slice of all Ps, when they do not fit there
  __u64 static_begin, static_end;  // the program's own data: no context of a request lies there
  __u64 proc[TS_GO_PROCS_MAX];     // addresses of the runtime's Ps
};

enum ts_process_flags {
  TS_PROCESS_WATCHED = 1,
  TS_PROCESS_IGNORED = 2,  // and so are its children: tarsier itself, or excluded by the user
  TS_PROCESS_GO = 4,       // `go` is filled
  TS_PROCESS_TLS = 8,      // uprobes are in its TLS functions
};

struct ts_process {
  __u32 flags;
  __u32 reserved;
  struct ts_go_layout go;
};

enum ts_process_event_kind {
  TS_PROCESS_LISTENS = 1,
  TS_PROCESS_FORKED = 2,
  TS_PROCESS_EXECUTED = 3,
  TS_PROCESS_EXITED = 4,
  TS_PROCESS_ENCRYPTS = 5,  // it speaks TLS, and no uprobe is in its TLS functions yet
};
struct ts_process_event {
  __u32 kind;
  __u32 pid;
  __u32 parent;
  __u32 netns;
  __u64 time_ns;
};

struct ts_listener_key {
  __u32 netns;
  __u32 port;  // host order
};

struct ts_udp_key {
  struct ts_tuple tuple;
  __u32 pid;
};
struct ts_udp_flow {
  __u64 cookie;
  __u64 sent_bytes, received_bytes;
  __u64 sent_packets, received_packets;
  __u64 last_ns;  // of the last datagram
};

// Written by both sides; the worker has it mapped.
struct ts_shared {
  __u64 lost;         // ring records that found no room
  __u32 want_wakeup;  // the reader sleeps: wake it at the next record
  __u64 lost_told;    // of `lost`, what a worker has counted
};

// What the loader tells a probe in an OpenSSL function about it: the cookie it is attached with.
// Offsets in SSL; `state` is that of the pointer through which `random` is reached, 0 when none is.
struct ts_ssl_probe {
  __u16 random;
  __u16 state;
  __u16 server;
  __u8 result;  // ts_ssl_result
  __u8 direction;
};
enum ts_ssl_result {
  TS_SSL_RETURNS_COUNT = 0,  // like SSL_read
  TS_SSL_COUNT_AT_RCX = 1,   // like SSL_read_ex: where its fourth argument points
  TS_SSL_COUNT_AT_R8 = 2,
};

// The same for a probe in a Go function of HTTP/2 or gRPC: what it is, and offsets.
struct ts_stream_probe {
  __u8 kind;         // ts_stream_probe_kind
  __u8 context;      // of a stream's context; 0: not known
  __u16 connection;  // of the net.Conn in the connection's object
  __u16 stream;      // of the stream's number in gRPC's stream
  __u16 reserved;
};
enum ts_stream_probe_kind {
  TS_STREAM_HANDLER = 0,  // net/http
  TS_STREAM_RPC_HANDLER,  // gRPC
  TS_STREAM_CALL,
  TS_STREAM_RPC_CALL,
};

enum ts_counter {
  TS_COUNT_WATCHED_FULL = 0,
  TS_COUNT_UDP_FULL,
  TS_COUNT_CONNECTIONS_FULL,
  TS_COUNT_NO_BUFFER,         // calls whose bytes could not be read: sendfile, splice, io_uring
  TS_COUNT_FAULT,             // the buffer was not in memory
  TS_COUNT_FRAMES_LOST,       // times that it was no longer known where HTTP/2 frames begin
  TS_COUNT_GO_NO_GOROUTINE,   // the current goroutine was not found
  TS_COUNT_GO_NO_CONNECTION,  // the connection's Go object was not found
  TS_COUNT_PROCESS_EVENTS_FULL,
  TS_COUNT_TLS_FULL,           // connections without room for their plaintext
  TS_COUNT_TLS_UNREAD,         // connections that ended without any plaintext having been read
  TS_COUNT_TLS_NO_CONNECTION,  // plaintext whose connection was not found
  TS_COUNT_PROBES_BUSY,        // plaintext for which there was no room to work in
  TS_COUNT_GO_NO_STREAM,       // an HTTP/2 stream's connection was not found
  TS_COUNT_GO_SHARED_HANDLER,  // streams whose handlers have no goroutine of their own
  TS_COUNTERS,
};

#ifdef __cplusplus
}  // namespace tarsier::capture
#endif
