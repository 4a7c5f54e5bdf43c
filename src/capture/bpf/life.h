// Connections begin and end; processes listen, fork, execute and exit.
#pragma once

#include "callers.h"
#include "ciphertext.h"
#include "processes.h"

// The process serves: from now on it is watched, unless it is one of those that never are.
static __always_inline void on_listen(struct sock* sk, __u32 pid) {
  struct ts_listener_key key = {netns_of(sk), local_port_of(sk)};
  if (only_netns && key.netns != only_netns) return;
  bpf_map_update_elem(&listeners, &key, &pid, BPF_ANY);
  struct ts_process* known = bpf_map_lookup_elem(&watched, &pid);
  if (known && known->flags & TS_PROCESS_IGNORED) return;
  if (watch_listeners && !known) {
    struct ts_process fresh = {.flags = TS_PROCESS_WATCHED};
    if (bpf_map_update_elem(&watched, &pid, &fresh, BPF_NOEXIST) == -7 /* E2BIG */)
      count(TS_COUNT_WATCHED_FULL);
    watched_changed();
  }
  report_process(TS_PROCESS_LISTENS, pid, 0, key.netns);
}

static __always_inline void on_stop_listening(struct sock* sk) {
  struct ts_listener_key key = {netns_of(sk), local_port_of(sk)};
  __u32 pid = bpf_get_current_pid_tgid() >> 32, *owner = bpf_map_lookup_elem(&listeners, &key);
  if (owner && *owner == pid) bpf_map_delete_elem(&listeners, &key);
}

static __always_inline void on_connect(struct sock* sk) {
  struct connection* connection = connection_of(sk, true);
  if (!connection) return;
  connection->role = TS_ROLE_CLIENT;
  connection->pid = bpf_get_current_pid_tgid() >> 32;
  add_caller(connection->pid);
}

static __always_inline void on_established(struct sock* sk, bool accepted) {
  struct connection* connection = connection_of(sk, true);
  if (!connection) return;
  start_connection(connection, sk, connection->cookie);
  connection->established = 1;
  if (!accepted) {
    connection->role = TS_ROLE_CLIENT;
    return;
  }
  connection->role = TS_ROLE_SERVER;
  connection->pid = listener_of(sk);
}

static __always_inline void on_closed(struct sock* sk) {
  struct connection* connection = connection_of(sk, false);
  if (!connection) return;
  if (connection->protocol == PROTOCOL_ENCRYPTED) end_plaintext(connection);
  if (connection->generation == generation) {
    struct ts_header header = {};
    fill_header(&header, TS_CLOSE, sizeof header, connection->cookie, connection->pid, 0);
    write_record(scratch_of_cpu(), &header, sizeof header);
  }
  if (count_flows && connection->established && !connection->out_of_scope)
    write_flow(connection, sk, true);
  if (!use_storage) {
    __u64 cookie = connection->cookie;
    bpf_map_delete_elem(&connections_by_cookie, &cookie);
  }
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(on_state, struct sock* sk, int before, int after) {
  if (sk->sk_protocol != IPPROTO_TCP) return 0;
  switch (after) {
    case TCP_LISTEN:
      on_listen(sk, bpf_get_current_pid_tgid() >> 32);
      break;
    case TCP_SYN_SENT:
      on_connect(sk);
      break;
    case TCP_ESTABLISHED:
      if (before == TCP_SYN_RECV || before == TCP_SYN_SENT)
        on_established(sk, before == TCP_SYN_RECV);
      break;
    case TCP_CLOSE:
      if (before == TCP_LISTEN) on_stop_listening(sk);
      break;
    default:
      break;
  }
  return 0;
}

// Not at TCP_CLOSE: what a peer sent before its reset can still be read then.
SEC("tp_btf/tcp_destroy_sock")
int BPF_PROG(on_destroy, struct sock* sk) {
  on_closed(sk);
  return 0;
}

// A child of a watched process is watched too (prefork servers), until it executes something else.
SEC("tp_btf/sched_process_fork")
int BPF_PROG(on_fork, struct task_struct* parent, struct task_struct* child) {
  __u32 parent_pid = parent->tgid, pid = child->tgid;
  if (child->pid != child->tgid) return 0;  // a thread
  struct ts_process* known = bpf_map_lookup_elem(&watched, &parent_pid);
  if (!known) return 0;
  if (bpf_map_update_elem(&watched, &pid, known, BPF_ANY)) {
    count(TS_COUNT_WATCHED_FULL);
    return 0;
  }
  watched_changed();
  if (known->flags & TS_PROCESS_WATCHED) report_process(TS_PROCESS_FORKED, pid, parent_pid, 0);
  return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct* task) {
  __u32 pid = task->tgid;
  struct ts_process* known = bpf_map_lookup_elem(&watched, &pid);
  if (known) {
    if (known->flags & TS_PROCESS_IGNORED) return 0;
    known->flags &= ~(TS_PROCESS_GO | TS_PROCESS_TLS);  // another program
    watched_changed();
  } else if (!report_exec) {
    return 0;
  }
  report_process(TS_PROCESS_EXECUTED, pid, 0, 0);
  return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct* task) {
  __u32 pid = task->tgid;
  if (task->signal->live.counter) return 0;  // other threads go on
  remove_caller(pid);
  struct ts_process* known = bpf_map_lookup_elem(&watched, &pid);
  if (!known) return 0;
  bool reported = known->flags & TS_PROCESS_WATCHED;
  bpf_map_delete_elem(&watched, &pid);
  watched_changed();
  if (reported) report_process(TS_PROCESS_EXITED, pid, 0, 0);
  return 0;
}
