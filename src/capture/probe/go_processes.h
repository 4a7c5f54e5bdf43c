// The Go processes that are watched: their layouts, kept up to date while they run.
#pragma once

#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "capture/discovery/procfs.h"
#include "capture/go/layout.h"

namespace tarsier::capture {

// One thread. Times are CLOCK_MONOTONIC.
class GoProcesses {
 public:
  // Null when its calls cannot be linked; says why, once a version.
  const ts_go_layout* add(uint32_t pid, int64_t now_ns);
  void remove(uint32_t pid) { entries_.erase(pid); }

  // Its runtime may be up only now.
  void look_again(uint32_t pid, int64_t now_ns);

  // Those whose layout changed since: GOMAXPROCS is not fixed.
  std::vector<std::pair<uint32_t, const ts_go_layout*>> refresh(int64_t now_ns);

  int64_t next_due() const { return next_due_; }
  uint64_t unsupported() const { return unsupported_; }
  size_t linked() const { return entries_.size(); }

 private:
  struct Entry {
    go::Runtime runtime;
    int64_t due_ns = 0;
    int early_looks = 0;  // while it starts
  };
  bool look(uint32_t pid, Entry& entry);

  ProcFs proc_;
  std::map<uint32_t, Entry> entries_;
  std::map<std::string, bool> refused_;  // messages that were logged
  int64_t next_due_ = INT64_MAX;
  uint64_t unsupported_ = 0;
};

}  // namespace tarsier::capture
