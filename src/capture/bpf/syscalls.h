// The fallback below kernel 6.3: the system calls' exits. The registers still hold the arguments,
// so their entries need not be traced; the socket is found through the descriptor.
#pragma once

#include "calls.h"
#include "processes.h"
#include "udp.h"

static __always_inline struct sock* socket_of(struct task_struct* task, __u32 fd) {
  struct fdtable* table = BPF_CORE_READ(task, files, fdt);
  struct file **slot, *file = 0;
  if (fd >= BPF_CORE_READ(table, max_fds)) return 0;
  slot = BPF_CORE_READ(table, fd) + fd;
  bpf_probe_read_kernel(&file, sizeof file, slot);
  if (!file || (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) != S_IFSOCK) return 0;
  struct socket* socket = (struct socket*)BPF_CORE_READ(file, private_data);
  return BPF_CORE_READ(socket, sk);
}

// Direction + 1 of a call that moves bytes, else 0; the descriptor of its socket.
static __always_inline __u32 direction_of(const struct pt_regs* regs, __u32* fd) {
  *fd = regs->di;
  switch (regs->orig_ax) {
    case SYS_READ:
    case SYS_READV:
      return TS_RECEIVE + 1;
    case SYS_RECVFROM:
      return regs->r10 & MSG_PEEK ? 0 : TS_RECEIVE + 1;
    case SYS_RECVMSG:
      return regs->dx & MSG_PEEK ? 0 : TS_RECEIVE + 1;
    case SYS_WRITE:
    case SYS_WRITEV:
    case SYS_SENDTO:
    case SYS_SENDMSG:
    case SYS_SENDFILE:
      return TS_SEND + 1;
    default:
      return 0;
  }
}

// The peer that the call names, where the socket has none.
static __always_inline void read_peer(const struct pt_regs* regs, struct ts_tuple* tuple) {
  struct {
    __u16 family, port;
    __be32 address;  // IPv6: flow information
    __u8 address6[16];
  } peer = {};
  __u64 at = regs->r8;
  if (regs->orig_ax == SYS_SENDMSG || regs->orig_ax == SYS_RECVMSG)
    bpf_probe_read_user(&at, sizeof at, (void*)regs->si);  // msghdr begins with the name
  if (!at || bpf_probe_read_user(&peer, 8, (void*)at)) return;
  if (peer.family == AF_INET) {
    map_ipv4(tuple->peer_address, peer.address);
  } else if (peer.family == AF_INET6) {
    bpf_probe_read_user(tuple->peer_address, 16, (void*)(at + 8));
  } else {
    return;
  }
  tuple->peer_port = bpf_ntohs(peer.port);
}

static __always_inline void count_datagram_call(struct sock* sk, const struct pt_regs* regs,
                                                __u32 direction, __u32 bytes) {
  struct ts_udp_key key = {};
  fill_tuple(&key.tuple, sk, IPPROTO_UDP);
  key.pid = bpf_get_current_pid_tgid() >> 32;
  if (!key.tuple.peer_port) read_peer(regs, &key.tuple);
  add_datagram(&key, BPF_CORE_READ(sk, __sk_common.skc_cookie.counter), direction, bytes);
}

// Those that programs use with UDP; read and write are left out, since most of them are of files.
static __always_inline bool is_message_call(const struct pt_regs* regs) {
  return regs->orig_ax >= SYS_SENDTO && regs->orig_ax <= SYS_RECVMSG;
}

static __always_inline void on_stream_call(struct scratch* scratch, struct sock* sk,
                                           const struct ts_process* process,
                                           struct task_struct* task, const struct pt_regs* regs,
                                           __u32 direction, __u32 bytes) {
  __u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  struct connection* connection = bpf_map_lookup_elem(&connections_by_cookie, &cookie);
  if (!connection || is_ignored(connection, direction)) return;
  struct call call = {.direction = direction, .length = bytes, .pid = task->tgid, .tid = task->pid};
  call.tcp_seq = first_seq(connection, sk, direction, bytes);
  on_call(scratch, sk, connection, process, task, regs, &call);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs* regs, long result) {
  __u32 fd, moves = direction_of(regs, &fd);
  if (!moves || result <= 0 || result > 0x7fffffff) return 0;
  struct task_struct* task = bpf_get_current_task_btf();
  __u32 direction = moves - 1, pid = task->tgid;
  struct scratch* scratch = scratch_of_cpu();
  if (!scratch) return 0;
  const struct ts_process* process = capture_data ? watched_process(scratch, pid) : 0;
  bool datagrams = count_flows && is_message_call(regs);
  if (!process && !datagrams) return 0;
  struct sock* sk = socket_of(task, fd);
  if (!sk || !is_internet(BPF_CORE_READ(sk, __sk_common.skc_family))) return 0;
  __u16 protocol = BPF_CORE_READ(sk, sk_protocol);
  if (protocol == IPPROTO_UDP && datagrams) count_datagram_call(sk, regs, direction, result);
  if (protocol == IPPROTO_TCP && process)
    on_stream_call(scratch, sk, process, task, regs, direction, result);
  return 0;
}
