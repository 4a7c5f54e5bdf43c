// Connections: where they begin, what they are called, where their state is kept.
#pragma once

#include "maps.h"

static __always_inline void fill_header(struct ts_header* header, __u8 kind, __u32 size,
                                        __u64 cookie, __u32 pid, __u32 tid) {
  header->kind = kind;
  header->size = size;
  header->time_ns = bpf_ktime_get_ns();
  header->cookie = cookie;
  header->pid = pid;
  header->tid = tid;
}

static __always_inline void map_ipv4(__u8 out[16], __be32 address) {
  __u32* words = (__u32*)out;
  words[0] = words[1] = 0;
  words[2] = bpf_htonl(0xffff);
  words[3] = address;
}

// The socket tracepoints come with pointers that the verifier trusts (and a kernel that can cast
// them), whose fields are plain loads. What was found through descriptors is read by a helper.
#define READ(object, field) (use_storage ? (object)->field : BPF_CORE_READ(object, field))

static __always_inline struct tcp_sock* tcp_of(struct sock* sk) {
  if (!use_storage) return (struct tcp_sock*)sk;
  return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct tcp_sock));
}

static __always_inline struct inet_sock* inet_of(struct sock* sk) {
  if (!use_storage) return (struct inet_sock*)sk;
  return bpf_rdonly_cast(sk, bpf_core_type_id_kernel(struct inet_sock));
}

static __always_inline __u32 netns_of(struct sock* sk) {
  if (use_storage) return sk->__sk_common.skc_net.net->ns.inum;
  return BPF_CORE_READ(sk, __sk_common.skc_net.net, ns.inum);
}

static __always_inline void read_ipv6(__u8 out[16], struct sock* sk, bool peer) {
  __be32* words = (__be32*)out;
  for (int i = 0; i < 4; i++) {
    words[i] = peer ? READ(sk, __sk_common.skc_v6_daddr.in6_u.u6_addr32[i])
                    : READ(sk, __sk_common.skc_v6_rcv_saddr.in6_u.u6_addr32[i]);
  }
}

// When a socket closes, skc_num has been cleared; before it is bound, inet_sport is not set.
static __always_inline __u16 local_port_of(struct sock* sk) {
  __u16 port = READ(sk, __sk_common.skc_num);
  if (port) return port;
  struct inet_sock* inet = inet_of(sk);
  return bpf_ntohs(READ(inet, inet_sport));
}

static __always_inline void fill_tuple(struct ts_tuple* tuple, struct sock* sk, __u8 protocol) {
  if (READ(sk, __sk_common.skc_family) == AF_INET6) {
    read_ipv6(tuple->local_address, sk, false);
    read_ipv6(tuple->peer_address, sk, true);
  } else {
    map_ipv4(tuple->local_address, READ(sk, __sk_common.skc_rcv_saddr));
    map_ipv4(tuple->peer_address, READ(sk, __sk_common.skc_daddr));
  }
  tuple->local_port = local_port_of(sk);
  tuple->peer_port = bpf_ntohs(READ(sk, __sk_common.skc_dport));
  tuple->protocol = protocol;
  tuple->netns = netns_of(sk);
}

static __always_inline bool is_internet(__u16 family) {
  return family == AF_INET || family == AF_INET6;
}

// Who listens on the socket's own port: a socket there was accepted, not connected. 0: nobody.
static __always_inline __u32 listener_of(struct sock* sk) {
  struct ts_listener_key key = {netns_of(sk), local_port_of(sk)};
  __u32* pid = bpf_map_lookup_elem(&listeners, &key);
  return pid ? *pid : 0;
}

static __always_inline void start_connection(struct connection* connection, struct sock* sk,
                                             __u64 cookie) {
  struct tcp_sock* tcp = tcp_of(sk);
  connection->cookie = cookie;
  connection->next[TS_RECEIVE] = READ(tcp, copied_seq);
  connection->next[TS_SEND] = READ(tcp, write_seq);
  connection->out_of_scope = only_netns && netns_of(sk) != only_netns;
}

// TCP sequence number of the first of the bytes that a call has just moved.
static __always_inline __u32 first_seq(const struct connection* connection, struct sock* sk,
                                       __u32 direction, __u32 bytes) {
  struct tcp_sock* tcp = tcp_of(sk);
  if (direction == TS_SEND) return READ(tcp, write_seq) - bytes;
  __u32 end = READ(tcp, copied_seq), first = end - bytes;
  if (first - connection->next[TS_RECEIVE] != 1) return first;
  // The peer's FIN has a number too, and may have been read along.
  bool fin = READ(sk, __sk_common.skc_state) != TCP_ESTABLISHED && end == READ(tcp, rcv_nxt);
  return fin ? first - 1 : first;
}

// Bytes of the stream, each counted once: what a peer's application could read.
static __always_inline void read_traffic(struct ts_traffic* out, struct sock* sk) {
  struct tcp_sock* tcp = tcp_of(sk);
  out->sent_bytes = READ(tcp, bytes_sent) - READ(tcp, bytes_retrans);
  out->received_bytes = READ(tcp, bytes_received);
  out->sent_packets = READ(tcp, segs_out);
  out->received_packets = READ(tcp, segs_in);
}

// Found open: its beginning was not seen.
static __always_inline void start_late(struct connection* connection, struct sock* sk,
                                       __u64 cookie) {
  __u32 listener = listener_of(sk);
  start_connection(connection, sk, cookie);
  connection->late = 1;
  read_traffic(&connection->told, sk);
  connection->established = 1;
  connection->role = listener ? TS_ROLE_SERVER : TS_ROLE_CLIENT;
  connection->pid = listener;
}

// For sockets that the verifier trusts. Null when there is none yet and `create` is false, or no
// room.
static __always_inline struct connection* connection_of(struct sock* sk, bool create) {
  struct connection* connection;
  if (use_storage) {
    connection = bpf_sk_storage_get(&connections, sk, 0, create ? BPF_SK_STORAGE_GET_F_CREATE : 0);
    if (connection && !connection->cookie) connection->cookie = bpf_get_socket_cookie(sk);
    return connection;
  }
  __u64 cookie = bpf_get_socket_cookie(sk);
  connection = bpf_map_lookup_elem(&connections_by_cookie, &cookie);
  if (connection || !create) return connection;
  struct connection fresh = {.cookie = cookie};
  bpf_map_update_elem(&connections_by_cookie, &cookie, &fresh, BPF_NOEXIST);
  connection = bpf_map_lookup_elem(&connections_by_cookie, &cookie);
  if (!connection) count(TS_COUNT_CONNECTIONS_FULL);
  return connection;
}

// The worker hears of a connection before the first bytes of it that it is given.
static __noinline int announce(struct scratch* scratch, struct connection* connection,
                               struct sock* sk, __u32 pid, __u32 tid) {
  struct ts_open open = {};
  open.late = connection->late || connection->offset[0] || connection->offset[1];
  fill_header(&open.header, TS_OPEN, sizeof open, connection->cookie, pid, tid);
  fill_tuple(&open.tuple, sk, IPPROTO_TCP);
  open.role = connection->role;
  connection->generation = generation;
  write_record(scratch, &open, sizeof open);
  return 0;
}

static __always_inline void write_flow(struct connection* connection, struct sock* sk, bool last) {
  struct ts_flow flow = {};
  struct ts_traffic now;
  read_traffic(&now, sk);
  flow.before = connection->told;
  if (!last && now.sent_bytes == flow.before.sent_bytes &&
      now.received_bytes == flow.before.received_bytes)
    return;
  connection->told = now;
  flow.sent_bytes = now.sent_bytes;
  flow.received_bytes = now.received_bytes;
  flow.sent_packets = now.sent_packets;
  flow.received_packets = now.received_packets;
  flow.role = connection->role;
  flow.last = last;
  fill_header(&flow.header, TS_FLOW, sizeof flow, connection->cookie, connection->pid, 0);
  fill_tuple(&flow.tuple, sk, IPPROTO_TCP);
  write_record(scratch_of_cpu(), &flow, sizeof flow);
}
