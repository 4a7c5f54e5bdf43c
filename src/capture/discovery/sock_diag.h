// Listening sockets, asked of the kernel by netlink. It keeps them apart from connections, so this
// takes microseconds where reading /proc/net/tcp walks through every connection of the host.
#pragma once

#include "base/result.h"
#include "capture/discovery/proc_text.h"
#include "capture/discovery/procfs.h"

namespace tarsier::capture {

// Ports in state LISTEN by socket inode, of the network namespace that the process is in. Needs
// CAP_SYS_ADMIN for another namespace than ours, and a kernel with CONFIG_INET_DIAG.
Result<PortsByInode> listening_by_netlink(const ProcFs& proc, uint32_t pid);

}  // namespace tarsier::capture
