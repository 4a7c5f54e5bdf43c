// UDP flows: bytes and datagrams by both ends. A socket need not be connected, so the other end of
// a datagram is learnt by the cgroup hooks, which run just before the byte counts are known.
#pragma once

#include "connection.h"

struct udp_peer {
  __u32 tid;
  __u16 port;  // host order
  __u16 reserved;
  __u8 address[16];
};

struct {
  __uint(type, BPF_MAP_TYPE_SK_STORAGE);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __type(key, int);
  __type(value, struct udp_peer);
} udp_peers SEC(".maps");

struct {
  __uint(type, BPF_MAP_TYPE_HASH);
  __uint(map_flags, BPF_F_NO_PREALLOC);
  __uint(max_entries, TS_UDP_FLOWS_MAX);
  __type(key, struct ts_udp_key);
  __type(value, struct ts_udp_flow);
} udp_flows SEC(".maps");

static __always_inline void add_datagram(struct ts_udp_key* key, __u64 cookie, __u32 direction,
                                         __u32 bytes) {
  if (only_netns && key->tuple.netns != only_netns) return;
  struct ts_udp_flow* flow = bpf_map_lookup_elem(&udp_flows, key);
  if (!flow) {
    struct ts_udp_flow fresh = {.cookie = cookie};
    bpf_map_update_elem(&udp_flows, key, &fresh, BPF_NOEXIST);
    flow = bpf_map_lookup_elem(&udp_flows, key);
    if (!flow) {
      count(TS_COUNT_UDP_FULL);
      return;
    }
  }
  flow->last_ns = bpf_ktime_get_ns();
  __sync_fetch_and_add(direction == TS_SEND ? &flow->sent_bytes : &flow->received_bytes, bytes);
  __sync_fetch_and_add(direction == TS_SEND ? &flow->sent_packets : &flow->received_packets, 1);
}

static __always_inline void count_datagram(struct sock* sk, __u32 direction, __u32 bytes) {
  struct ts_udp_key key = {};
  __u64 id = bpf_get_current_pid_tgid();
  fill_tuple(&key.tuple, sk, IPPROTO_UDP);
  key.pid = id >> 32;
  if (!key.tuple.peer_port) {
    struct udp_peer* peer = bpf_sk_storage_get(&udp_peers, sk, 0, 0);
    if (peer && peer->tid == (__u32)id) {
      key.tuple.peer_port = peer->port;
      __builtin_memcpy(key.tuple.peer_address, peer->address, 16);
    }
  }
  add_datagram(&key, bpf_get_socket_cookie(sk), direction, bytes);
}

static __always_inline struct udp_peer* peer_of(struct bpf_sock_addr* context) {
  if (!context->sk || context->sk->protocol != IPPROTO_UDP) return 0;
  struct udp_peer* peer =
      bpf_sk_storage_get(&udp_peers, context->sk, 0, BPF_SK_STORAGE_GET_F_CREATE);
  if (!peer) return 0;
  peer->tid = (__u32)bpf_get_current_pid_tgid();
  peer->port = bpf_ntohs(context->user_port);
  return peer;
}

static __always_inline int on_datagram4(struct bpf_sock_addr* context) {
  struct udp_peer* peer = peer_of(context);
  if (peer) map_ipv4(peer->address, context->user_ip4);
  return 1;
}

static __always_inline int on_datagram6(struct bpf_sock_addr* context) {
  struct udp_peer* peer = peer_of(context);
  __u32* words;
  if (!peer) return 1;
  words = (__u32*)peer->address;
  words[0] = context->user_ip6[0];
  words[1] = context->user_ip6[1];
  words[2] = context->user_ip6[2];
  words[3] = context->user_ip6[3];
  return 1;
}

SEC("cgroup/sendmsg4")
int on_sendmsg4(struct bpf_sock_addr* context) {
  return on_datagram4(context);
}

SEC("cgroup/recvmsg4")
int on_recvmsg4(struct bpf_sock_addr* context) {
  return on_datagram4(context);
}

SEC("cgroup/sendmsg6")
int on_sendmsg6(struct bpf_sock_addr* context) {
  return on_datagram6(context);
}

SEC("cgroup/recvmsg6")
int on_recvmsg6(struct bpf_sock_addr* context) {
  return on_datagram6(context);
}
