// Whether a process is watched is asked at every call of every process: each CPU remembers answers.
#pragma once

#include "maps.h"

static __always_inline void report_process(__u32 kind, __u32 pid, __u32 parent, __u32 netns) {
  struct ts_process_event event = {
      .kind = kind, .pid = pid, .parent = parent, .netns = netns, .time_ns = bpf_ktime_get_ns()};
  if (bpf_ringbuf_output(&process_events, &event, sizeof event, 0))
    count(TS_COUNT_PROCESS_EVENTS_FULL);
}

static __always_inline void watched_changed(void) {
  __sync_fetch_and_add(&watched_changes, 1);
}

// The count is read before the map: a change between the two makes the answer stale, not wrong.
static __noinline int look_up_process(struct known_process* known, __u32 pid) {
  __u32 changes = *(volatile __u32*)&watched_changes;
  struct ts_process* process = bpf_map_lookup_elem(&watched, &pid);
  known->pid = 0;
  if (process) {
    known->process = *process;
  } else {
    known->process.flags = 0;
  }
  known->changes = changes;
  known->pid = pid;
  return 0;
}

// Null when it is not watched.
static __always_inline const struct ts_process* watched_process(struct scratch* scratch,
                                                                __u32 pid) {
  struct known_process* known = &scratch->known[pid % KNOWN_MAX];
  if (known->pid != pid || known->changes != watched_changes) look_up_process(known, pid);
  return known->process.flags & TS_PROCESS_WATCHED ? &known->process : 0;
}
