// The fallback below kernel 6.3: the system calls' exits. The registers still hold the arguments,
// so their entries need not be traced; the socket is found through the descriptor.
#pragma once

#include "data.h"
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

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs* regs, long result) {
  __u32 fd, moves = direction_of(regs, &fd);
  if (!moves || result <= 0 || result > 0x7fffffff) return 0;
  __u32 direction = moves - 1, pid = bpf_get_current_pid_tgid() >> 32;
  struct ts_process* process = bpf_map_lookup_elem(&watched, &pid);
  if (!process || !(process->flags & TS_PROCESS_WATCHED) || !capture_data) return 0;
  struct task_struct* task = bpf_get_current_task_btf();
  struct sock* sk = socket_of(task, fd);
  if (!sk || !is_internet(BPF_CORE_READ(sk, __sk_common.skc_family))) return 0;
  if (BPF_CORE_READ(sk, sk_protocol) != IPPROTO_TCP) return 0;
  __u64 cookie = BPF_CORE_READ(sk, __sk_common.skc_cookie.counter);
  struct connection* connection = bpf_map_lookup_elem(&connections_by_cookie, &cookie);
  if (!connection) return 0;

  struct call call = {.direction = direction, .length = result};
  struct tcp_sock* tcp = (struct tcp_sock*)sk;
  call.tcp_seq =
      (direction == TS_SEND ? BPF_CORE_READ(tcp, write_seq) : BPF_CORE_READ(tcp, copied_seq)) -
      result;
  on_call(sk, connection, process, task, regs, &call);
  return 0;
}
