// Who listens, namespace by namespace.
#pragma once

#include <cstdint>
#include <unordered_map>
#include <vector>

#include "capture/discovery/proc_text.h"
#include "capture/discovery/procfs.h"

namespace tarsier::capture {

// One look at the host: each network namespace's listening sockets are read once, when first asked
// for. Borrows the ProcFs.
class Listeners {
 public:
  explicit Listeners(const ProcFs& proc) : proc_(&proc) {}

  // TCP ports that the process listens on, ascending.
  std::vector<uint16_t> ports(uint32_t pid);

  // Some socket of its namespace listens now that did not at the `earlier` look. When none does, a
  // process that listened on nothing then does not now.
  bool grew_since(const Listeners& earlier, uint32_t pid);

 private:
  const PortsByInode& table(uint32_t pid);

  const ProcFs* proc_;
  std::unordered_map<uint32_t, PortsByInode> tables_;  // by network namespace
};

}  // namespace tarsier::capture
