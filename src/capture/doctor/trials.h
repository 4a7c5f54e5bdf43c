// Asks the kernel by trying: each trial loads and attaches a program of two instructions, then
// takes it away again. Nothing is concluded from a version number.
#pragma once

#include <string>
#include <string_view>

namespace tarsier::capture {

// What the kernel said. `step` is what was tried last ("load", "attach"); error is 0 when all of it
// worked, else an errno. ENOENT at step "find": this kernel has no such hook.
struct Trial {
  int error = 0;
  std::string step;

  bool works() const { return error == 0; }
  std::string text() const;  // "attach: Operation not permitted"
};

Trial try_btf();
Trial try_ring(uint64_t bytes);
Trial try_raw_tracepoint(std::string_view name);  // a tp_btf program
Trial try_iterator(std::string_view target);      // "tcp", "task_file"
Trial try_kernel_read();                    // bpf_probe_read_kernel, which lockdown may forbid
Trial try_uprobe();                         // on a function of this program
Trial try_uprobe_multi();                   // the same by a link that has many places
Trial try_cgroup(std::string_view folder);  // a UDP sendmsg hook that lets everything pass
// A child that is nobody and has no capability reads a ring and a map through its descriptors.
Trial try_unprivileged_reader();

}  // namespace tarsier::capture
