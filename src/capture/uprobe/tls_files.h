// The files with TLS functions that watched processes run, and the uprobes in them.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "capture/discovery/procfs.h"
#include "capture/uprobe/attach.h"

namespace tarsier::capture::uprobe {

// A file that a process runs code of.
struct Mapping {
  std::string range;  // as /proc/PID/map_files names it
  uint64_t device = 0, inode = 0;
  std::string path;
};
// Of the text of /proc/PID/maps: each file once.
std::vector<Mapping> executable_mappings(std::string_view maps);

// One thread. A file's uprobes are attached once, whatever number of processes runs it, and
// detached with the last of them.
class TlsFiles {
 public:
  static constexpr size_t kFilesMax = 1024;       // with uprobes at a time
  static constexpr size_t kRememberedMax = 8192;  // that are known to have nothing

  void start(const ProgramFds& programs) { programs_ = programs; }

  // Looks at what the process runs now (again: libraries may have come). True when its TLS
  // functions are watched.
  bool add(const ProcFs& proc, uint32_t pid);
  void remove(uint32_t pid);

  size_t attached() const { return files_.size(); }
  uint64_t failed() const { return failed_; }
  bool watched(uint32_t pid) const { return of_process_.contains(pid); }

 private:
  using Id = std::pair<uint64_t, uint64_t>;
  struct File {
    std::vector<Fd> links;
    std::set<uint32_t> pids;
  };
  bool add_file(const ProcFs& proc, uint32_t pid, const Mapping& mapping);
  bool attach_file(int file, const Mapping& mapping, File& out);

  ProgramFds programs_;
  std::map<Id, File> files_;
  std::map<Id, int64_t> nothing_in_;  // the file's time of change
  std::map<uint32_t, std::set<Id>> of_process_;
  uint64_t failed_ = 0;
};

}  // namespace tarsier::capture::uprobe
