// Door of capture: what the BPF programs write into the ring, byte for byte. Plain C, shared by the
// kernel side and by whoever reads the ring or a recording of it. All integers are host order.
//
// A record is a ts_header, then the struct of its kind; a ts_data is followed by the Go link block
// that `link` names (if any) and then by `captured` bytes of payload.
//
// Records of one connection and direction are in order. Those of its two directions, or of its two
// ends, need not be: a send is reported when its system call is done, and by then another CPU may
// have reported what the peer received. Compare time_ns and tcp_seq, not positions in the ring.
//
// How much of a call is copied. A *turn* is a run of calls in one direction of a connection with
// none in the other between them.
// - The first calls of a turn are copied whole, up to 16 KB a turn for requests and 4 KB for
//   responses; so is each call that begins with an HTTP message, which starts the count anew.
// - A call that begins with a request without a body (GET, HEAD, ...) is copied up to 64 KB, since
//   only further requests can follow in it.
// - Behind that only lengths are reported, and the last bytes of each call (`tail`), which tell
//   where a chunked body ends. A head that begins in the middle of such a call is not seen.
// - A turn that does not begin with a message (a body after "100 Continue", an upgraded connection)
//   has TS_CAPTURE_TURN_OTHER bytes copied.
// - A client connection whose first bytes are none of a message's asks in another protocol: of each
//   send and of the first receive of a turn TS_CAPTURE_ASKED bytes are copied. Turns
//   that are too long for a question or its answer (streams, uploads) are not told to their end,
//   and a connection with nothing but such becomes quiet.
// - Any other connection that shows no message in its first TS_QUIET_AFTER calls becomes quiet: one
//   record with TS_DATA_QUIET, then only TS_CLOSE.
// - Of a connection that speaks TLS the plaintext is reported as if the socket had moved it, where
//   a uprobe can read it, and nothing else. tcp_seq then numbers plaintext: from a number that both
//   ends take from the ClientHello or, when the beginning was missed, at each turn anew from the
//   TCP sequence number of the turn's first byte. (Without uprobes Go client connections with TLS
//   are reported without payload, for the sake of their link blocks.)
// A call that copies more than TS_CAPTURE_MAX is reported as several ts_data, one after the other.
//
// HTTP/2 is copied by frames: all of them whole, but of a DATA with more than TS_CAPTURE_DATA_FRAME
// bytes only the header (unless the call is so short that it is copied as it is). The bytes left
// out are the end of a ts_data; what comes behind them in the same call is the next one. A record
// that begins with a frame has TS_DATA_FRAME. Where frames begin is known from the connection's
// start on; on one that was open before, from the first call that begins like a frame on. Until
// then nothing is reported of that direction, so that there is a jump of `offset` before the first
// record.
#pragma once

#ifndef __bpf__
#include <linux/types.h>
#endif

#ifdef __cplusplus
namespace tarsier::capture {
#endif

enum {
  TS_CAPTURE_MAX = 4096,        // payload bytes in one record
  TS_CAPTURE_TURN_OTHER = 256,  // payload bytes of a turn that does not begin with a message
  TS_CAPTURE_ASKED = 64,        // payload bytes of a turn in a protocol that is none of ours
  TS_CAPTURE_DATA_FRAME = 256,  // payload bytes of HTTP/2 DATA up to which it is copied
  TS_QUIET_AFTER = 8,           // calls without a message, after which a connection is quiet
  TS_TAIL = 8,                  // last bytes of a call that was not copied whole
  TS_GO_PROCS_MAX = 16,         // Ps (GOMAXPROCS) whose goroutine-id caches come with a ts_data
  TS_GO_MANY_PROCS_MAX = 240,   // or before it, as a ts_go_procs
  TS_GO_CHAIN_MAX = 16,         // contexts walked from a request's context upwards
};

enum ts_kind {
  TS_OPEN = 1,       // a connection, once, before its first TS_DATA: ts_open
  TS_DATA = 2,       // bytes moved by a system call of a watched process: ts_data
  TS_CLOSE = 3,      // the socket is gone, nothing more can be read: the header alone
  TS_FLOW = 4,       // counters of a connection of any process: ts_flow
  TS_GO_PROCS = 8,   // before a TS_DATA that has no room for so many: ts_go_procs
  TS_GO_STREAM = 9,  // who serves an HTTP/2 stream, or calls over it: ts_go_stream
  // Not from the kernel, but the same in recordings:
  TS_PROCESS = 5,  // a watched process: the header, then as capture/process_codec.h writes it
  TS_EXIT = 6,     // it ended: the header alone
  TS_LOST = 7,     // records that did not fit into the ring: ts_lost
};

enum ts_direction { TS_RECEIVE = 0, TS_SEND = 1 };

enum ts_role {
  TS_ROLE_UNKNOWN = 0,
  TS_ROLE_SERVER = 1,
  TS_ROLE_CLIENT = 2
};  // accepted / connected

struct ts_header {
  __u8 kind;
  __u8 reserved[3];
  __u32 size;     // of the whole record, header included
  __u64 time_ns;  // CLOCK_MONOTONIC
  __u64 cookie;   // the socket's cookie: unique on the host until reboot
  __u32 pid;      // tgid, in the initial pid namespace
  __u32 tid;
};

// IPv4 is written as an IPv4-mapped IPv6 address. Ports are host order.
struct ts_tuple {
  __u8 local_address[16];
  __u8 peer_address[16];
  __u16 local_port;
  __u16 peer_port;
  __u8 protocol;  // IPPROTO_TCP or IPPROTO_UDP
  __u8 reserved[3];
  __u32 netns;  // inode of the network namespace
};

struct ts_open {
  struct ts_header header;
  struct ts_tuple tuple;
  __u8 role;  // ts_role
  __u8 late;  // 1: already open when the agent attached (or first seen with bytes gone by)
  __u8 reserved[2];
};

enum ts_link { TS_LINK_NONE = 0, TS_LINK_GO_SERVER = 1, TS_LINK_GO_CLIENT = 2 };

enum {
  // A Go server's background read of one byte: part of the stream, but its goroutine says nothing.
  TS_DATA_PEEK_BYTE = 1,
  TS_DATA_NO_BUFFER = 2,  // sendfile, splice, io_uring: counted, not readable
  TS_DATA_QUIET = 4,      // the last data record of this connection: see above
  TS_DATA_FRAME = 8,      // begins with the first byte of an HTTP/2 frame
};

struct ts_data {
  struct ts_header header;
  // Bytes that this direction had moved on this socket before, since first sight. A jump means
  // bytes that moved unseen (received by splice, or in a call that the ring had no room for).
  __u64 offset;
  __u32 length;    // bytes that moved
  __u32 captured;  // how many of them follow, from the first on
  __u32 tcp_seq;   // TCP sequence number of the first byte, the same at both ends of a connection
  __u8 direction;  // ts_direction
  __u8 link;       // ts_link
  __u8 flags;
  __u8 reserved;
  // The current goroutine: of receives on server connections and sends on client connections that
  // are not net/http's. 0 elsewhere, when the process is not Go, or when it is unknown.
  __u64 goid;
  __u8 tail[TS_TAIL];  // when captured < length: the last TS_TAIL bytes, 0 where there are fewer
};

// Go ids are handed out per P in batches of 16: [next, end) is what P still may give.
struct ts_go_proc {
  __u64 next, end;
};

// On a server connection: at the first receive after a send (procs filled), and at the first send
// after a receive (request_context filled). As long as the process has made no connection, nothing
// can need them: then there are no procs, and none at a send.
struct ts_go_server {
  __u64 connection_context;  // address of the context of the http.conn; 0 unknown
  __u64 request_context;     // address of the current request's context; 0 unknown
  __u32 procs;               // entries of proc in use
  __u32 reserved;
  struct ts_go_proc proc[TS_GO_PROCS_MAX];  // only `procs` of them are in the record
};

// What a ts_go_server would have in `proc`, when there are more. It is left out as long as no call
// of the process needs it.
struct ts_go_procs {
  struct ts_header header;
  __u32 procs;
  __u32 reserved;
  struct ts_go_proc proc[TS_GO_MANY_PROCS_MAX];  // only `procs` of them are in the record
};

// On a client connection: at the first send after a receive, and as long as the caller was not
// found, at each further send and at the first receive. A caller that serves a connection says
// enough: there is no chain. Where the connection is not net/http's, it comes with sends only.
struct ts_go_client {
  __u64 caller_goid;         // the goroutine that waits for this response; 0 unknown
  __u64 caller_parent_goid;  // the goroutine that started it; itself before Go 1.21
  __u32 chain_length;
  __u32 sender;                  // 1: not who waits, but who sends; often, but not always, the same
  __u64 chain[TS_GO_CHAIN_MAX];  // the request's context, its parent, ...; only chain_length in the
                                 // record
};

// Of a Go program's HTTP/2 connection. A server's comes behind the ts_data with the request's head,
// when its handler begins, in a goroutine that serves nothing else. A client's comes before the
// ts_data with the head (gRPC's: with its first message, which
// may be later).
struct ts_go_stream {
  struct ts_header header;
  __u32 stream;
  __u8 role;  // ts_role
  __u8 own;   // 1: a client's caller sends itself; 0: in a goroutine that it started
  __u8 reserved[2];
  __u64 goid;         // the handler's, or who sends
  __u64 parent_goid;  // who started it; itself before Go 1.21
  __u64 context;      // address of the request's context; 0 unknown
};

struct ts_traffic {
  __u64 sent_bytes, received_bytes;
  __u64 sent_packets, received_packets;
};

// Cumulative since the connection began (as the kernel's tcp_info counts) or, for UDP, since first
// sight. Sent about every 5 s for a live connection and once at its end.
struct ts_flow {
  struct ts_header header;
  struct ts_tuple tuple;
  __u64 sent_bytes, received_bytes;
  __u64 sent_packets, received_packets;
  // What the record before this one said; at the first one, what had passed before anybody watched.
  // A reader that missed what came before counts from here.
  struct ts_traffic before;
  __u8 role;
  __u8 last;  // 1: the connection is gone, no further record follows
  __u8 reserved[6];
};

struct ts_lost {
  struct ts_header header;
  __u64 records;
};

#ifdef __cplusplus
}  // namespace tarsier::capture
#endif
