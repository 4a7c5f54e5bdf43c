#include "capture/probe/go_processes.h"

#include <algorithm>

#include "base/log.h"

namespace tarsier::capture {
namespace {

constexpr int64_t kEarlyInterval = 50 * kMillisecond;
constexpr int kEarlyLooks = 20;
constexpr int64_t kInterval = 5 * kSecond;
constexpr size_t kRefusedMax = 100;

}  // namespace

const ts_go_layout* GoProcesses::add(uint32_t pid, int64_t now_ns) {
  auto runtime = go::inspect(proc_, pid);
  if (!runtime) {
    entries_.erase(pid);
    if (runtime.error().code != Code::kUnsupported) return nullptr;  // gone meanwhile
    unsupported_++;
    if (refused_.size() < kRefusedMax && refused_.emplace(runtime.error().message, true).second) {
      LOG_WARN("Go calls stay unlinked", "pid", pid, "reason", runtime.error().message);
    }
    return nullptr;
  }
  Entry& entry = entries_[pid];
  entry = {.runtime = *runtime, .due_ns = now_ns + kEarlyInterval};
  next_due_ = std::min(next_due_, entry.due_ns);
  return &entry.runtime.layout;
}

void GoProcesses::look_again(uint32_t pid, int64_t now_ns) {
  auto entry = entries_.find(pid);
  if (entry == entries_.end()) return;
  entry->second.due_ns = now_ns;
  entry->second.early_looks = 0;
  next_due_ = now_ns;
}

bool GoProcesses::look(uint32_t pid, Entry& entry) {
  if (entry.runtime.allp != 0) return go::refresh_procs(proc_, pid, entry.runtime);
  // A stripped program that had not started its runtime when it was first looked at.
  auto runtime = go::inspect(proc_, pid);
  if (!runtime || runtime->allp == 0) return false;
  entry.runtime = *runtime;
  return true;
}

std::vector<std::pair<uint32_t, const ts_go_layout*>> GoProcesses::refresh(int64_t now_ns) {
  std::vector<std::pair<uint32_t, const ts_go_layout*>> changed;
  if (now_ns < next_due_) return changed;
  next_due_ = INT64_MAX;
  for (auto& [pid, entry] : entries_) {
    if (now_ns >= entry.due_ns) {
      if (look(pid, entry)) changed.emplace_back(pid, &entry.runtime.layout);
      bool starting = entry.runtime.layout.procs == 0 && entry.runtime.layout.allp == 0 &&
                      entry.early_looks++ < kEarlyLooks;
      entry.due_ns = now_ns + (starting ? kEarlyInterval : kInterval);
    }
    next_due_ = std::min(next_due_, entry.due_ns);
  }
  return changed;
}

}  // namespace tarsier::capture
