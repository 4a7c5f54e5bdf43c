// Sockets that are open already, in every network namespace, through their owners' descriptors: at
// attach (who listens, which connections were there before us) and then for the flows of those
// that live on.
#pragma once

#include "connection.h"
#include "life.h"

enum { PASS_LISTENERS = 0, PASS_CONNECTIONS = 1, PASS_FLOWS = 2 };

static __always_inline void on_open_connection(struct sock* sk, __u32 pid) {
  struct connection* connection = connection_of(sk, true);
  if (!connection) return;
  if (!connection->role) start_late(connection, sk, connection->cookie);
  if (!connection->pid || connection->late) connection->pid = pid;
  if (connection->role == TS_ROLE_CLIENT) add_caller(pid);
  if (iterate_pass == PASS_FLOWS && count_flows && !connection->out_of_scope)
    write_flow(connection, sk, false);
}

SEC("iter/task_file")
int each_file(struct bpf_iter__task_file* context) {
  struct task_struct* task = context->task;
  struct file* file = context->file;
  if (!task || !file) return 0;
  struct socket* socket = bpf_sock_from_file(file);
  if (!socket) return 0;
  struct sock* sk = socket->sk;
  if (!sk || !is_internet(sk->__sk_common.skc_family)) return 0;
  // A listener may speak MPTCP (Go's do); what it accepts from plain clients are TCP sockets.
  bool listens = sk->__sk_common.skc_state == TCP_LISTEN;
  if (sk->sk_protocol != IPPROTO_TCP && !(listens && sk->sk_protocol == IPPROTO_MPTCP)) return 0;
  __u32 pid = task->tgid;
  switch (sk->__sk_common.skc_state) {
    case TCP_LISTEN:
      if (iterate_pass == PASS_LISTENERS) on_listen(sk, pid);
      break;
    case TCP_CLOSE:
    case TCP_SYN_SENT:
    case TCP_SYN_RECV:
      break;
    default:
      if (iterate_pass != PASS_LISTENERS) on_open_connection(sk, pid);
  }
  return 0;
}
