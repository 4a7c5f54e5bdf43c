// A system call that moved bytes of a watched process's connection.
#pragma once

#include "ciphertext.h"

// Of a connection that is not ignored. `call` has direction, length, tcp_seq, pid and tid.
static __always_inline void on_call(struct scratch* scratch, struct sock* sk,
                                    struct connection* connection, const struct ts_process* process,
                                    struct task_struct* task, const struct pt_regs* regs,
                                    struct call* call) {
  __u32 direction = call->direction & 1;
  __u32 gap = call->tcp_seq - connection->next[direction];
  if ((int)gap > 0) connection->offset[direction] += gap;
  call->offset = connection->offset[direction];
  call->fd = regs->di;
  call->sp = regs->sp;
  call->is_go = !!(process->flags & TS_PROCESS_GO);
  call->background =
      call->is_go && direction == TS_RECEIVE && regs->orig_ax == SYS_READ && regs->dx == 1;
  // A background read comes at any time and says nothing about whose turn it is.
  call->new_turn = !call->background && connection->turn != direction + 1;
  call->frames = connection->protocol == PROTOCOL_HTTP2;
  if (connection->protocol == PROTOCOL_ENCRYPTED) {
    on_ciphertext(scratch, sk, connection, regs, call);
  } else {
    find_bytes(scratch, call, regs, task);
    bool report = plan_and_link(scratch, connection, process, task, call);
    if (connection->protocol == PROTOCOL_ENCRYPTED) {
      begin_plaintext(scratch, sk, connection, process, regs, call);
    } else if (report) {
      connection->pid = call->pid;
      if (connection->generation != generation)
        announce(scratch, connection, sk, call->pid, call->tid);
      write_call(scratch, connection, call);
    }
  }
  connection->offset[direction] = call->offset + call->length;
  connection->next[direction] = call->tcp_seq + call->length;
}
