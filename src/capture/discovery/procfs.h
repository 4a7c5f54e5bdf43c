// The host's /proc, or in tests a folder that looks like it. Every read has a limit, none blocks,
// and what a process can influence (links, names, files of its own root) is never trusted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"

namespace tarsier::capture {

// Const members may be called from any thread. Errors: kNotFound when the process is gone (or is a
// kernel thread, where a link is asked for), kDenied, kIo.
class ProcFs {
 public:
  explicit ProcFs(std::string root = "/proc") : root_(std::move(root)) {}

  std::vector<uint32_t> pids() const;  // ascending

  // At most `max` bytes of /proc/<pid>/<file>.
  Result<std::string> read(uint32_t pid, std::string_view file, size_t max) const;
  // Where a link such as "exe" or "ns/net" points.
  Result<std::string> link(uint32_t pid, std::string_view file) const;
  Result<std::string> exe_path(uint32_t pid) const;    // without " (deleted)"
  Result<Fd> open_exe(uint32_t pid) const;             // works for deleted and container programs
  Result<uint64_t> start_time(uint32_t pid) const;     // clock ticks since boot
  Result<uint32_t> netns(uint32_t pid) const;          // inode of its network namespace
  Result<uint64_t> entry_address(uint32_t pid) const;  // AT_ENTRY: where its program was loaded

  // A regular file as the process sees it: `path` is absolute within its root, and no link leads
  // out of that root.
  Result<std::string> read_inside(uint32_t pid, const std::string& path, size_t max) const;

  // Inodes of the sockets that the process has open (the first kSocketsMax).
  std::vector<uint64_t> socket_inodes(uint32_t pid) const;

  std::string path(uint32_t pid, std::string_view file) const;
  bool is_real() const { return root_ == "/proc"; }

 private:
  std::string root_;
};

// The inode of the network namespace that ProbeOptions::netns names: "self" or a path.
Result<uint32_t> netns_inode(const std::string& self_or_path);

}  // namespace tarsier::capture
