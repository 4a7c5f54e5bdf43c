// The base path: the socket layer's own tracepoints (kernel 6.3), which give the socket; the user's
// buffer is in the registers of the system call.
#pragma once

#include "calls.h"
#include "processes.h"
#include "udp.h"

static __always_inline int on_socket(struct sock* sk, int result, __u32 direction) {
  if (result <= 0 || !sk || !is_internet(sk->__sk_common.skc_family)) return 0;
  if (sk->sk_protocol == IPPROTO_UDP) {
    if (count_flows) count_datagram(sk, direction, result);
    return 0;
  }
  if (sk->sk_protocol != IPPROTO_TCP || !capture_data) return 0;
  struct task_struct* task = bpf_get_current_task_btf();
  __u32 pid = task->tgid;
  struct scratch* scratch = scratch_of_cpu();
  if (!scratch) return 0;
  const struct ts_process* process = watched_process(scratch, pid);
  if (!process) return 0;
  struct connection* connection = connection_of(sk, true);
  if (!connection || is_ignored(connection, direction)) return 0;

  struct call call = {.direction = direction, .length = result, .pid = pid, .tid = task->pid};
  call.tcp_seq = first_seq(connection, sk, direction, result);
  if (!connection->role) {
    start_late(connection, sk, connection->cookie);
    connection->next[direction] = call.tcp_seq;
  }
  on_call(scratch, sk, connection, process, task, (const struct pt_regs*)bpf_task_pt_regs(task),
          &call);
  return 0;
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(on_sock_recv, struct sock* sk, int result, int flags) {
  if (flags & MSG_PEEK) return 0;
  return on_socket(sk, result, TS_RECEIVE);
}

SEC("tp_btf/sock_send_length")
int BPF_PROG(on_sock_send, struct sock* sk, int result, int flags) {
  return on_socket(sk, result, TS_SEND);
}
