#include "capture/discovery/discovery.h"

#include <algorithm>

#include "base/metrics.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture {
namespace {

Counter& unwatched() {
  static Counter& counter =
      metrics().counter("tarsier_capture_processes_refused_total",
                        "Times a selected process was left unwatched", {{"reason", "limit"}});
  return counter;
}

uint32_t parent_of(const ProcFs& proc, uint32_t pid) {
  auto text = proc.read(pid, "stat", 4'096);
  auto stat = text ? parse_stat(*text) : std::nullopt;
  return stat ? stat->parent : 0;
}

bool same(const Process& a, const Process& b) {
  return a.start_time == b.start_time && a.exe_path == b.exe_path &&
         a.command_line == b.command_line && a.service_name == b.service_name &&
         a.service_namespace == b.service_namespace;
}

}  // namespace

Discovery::Discovery(ProcFs proc, Selection selection, uint32_t netns)
    : proc_(std::move(proc)), selection_(std::move(selection)), netns_(netns) {}

Changes Discovery::scan() {
  Changes changes;
  std::unordered_map<uint32_t, Ports> listening;
  if (selection_.needs_ports()) listening = listening_ports(proc_);
  std::vector<uint32_t> alive = proc_.pids();
  for (uint32_t pid : alive) {
    auto own = listening.find(pid);
    consider(pid, own == listening.end() ? Ports() : own->second, false, changes);
  }
  std::vector<uint32_t> ended;
  for (const auto& [pid, process] : watched_) {
    if (!std::binary_search(alive.begin(), alive.end(), pid)) ended.push_back(pid);
  }
  for (uint32_t pid : ended) drop(pid, changes);
  std::erase_if(excluded_, [&alive](uint32_t pid) {
    return !std::binary_search(alive.begin(), alive.end(), pid);
  });
  return changes;
}

Changes Discovery::look(uint32_t pid) {
  Changes changes;
  Ports ports;
  if (selection_.needs_ports()) ports = listening_ports(proc_, pid);
  consider(pid, ports, true, changes);
  return changes;
}

// `executed`: it may run another program than before under the same path.
void Discovery::consider(uint32_t pid, const Ports& ports, bool executed, Changes& changes) {
  if (excluded_.contains(pid)) return;
  auto exe_path = proc_.exe_path(pid);
  if (!exe_path) return drop(pid, changes);
  if (!executed && unchanged(pid, *exe_path)) return;
  if (!in_scope(pid)) return drop(pid, changes);
  Verdict verdict = selection_.decide(*exe_path, ports);
  if (!verdict.watch && ports.empty()) {
    // A worker: what its parent is called and may be watched for holds for it too.
    auto parent = watched_.find(parent_of(proc_, pid));
    if (parent != watched_.end() && parent->second.exe_path == *exe_path) {
      verdict = selection_.decide(*exe_path, listening_ports(proc_, parent->first));
    }
  }
  bool known = watched_.contains(pid);
  // A server that stopped listening may still have requests to answer.
  if (!verdict.watch && known && unchanged(pid, *exe_path)) return;
  if (!verdict.watch) return drop(pid, changes);
  if (!known && watched_.size() >= kWatchedMax) return unwatched().add();
  auto process = describe(proc_, pid, verdict);
  if (!process) return drop(pid, changes);
  if (known && same(watched_[pid], *process)) return;
  watched_[pid] = *process;
  changes.found.push_back(std::move(*process));
}

bool Discovery::unchanged(uint32_t pid, const std::string& exe_path) const {
  auto known = watched_.find(pid);
  return known != watched_.end() && known->second.exe_path == exe_path &&
         proc_.start_time(pid).value_or(0) == known->second.start_time;
}

bool Discovery::in_scope(uint32_t pid) const {
  return netns_ == 0 || proc_.netns(pid).value_or(0) == netns_;
}

void Discovery::drop(uint32_t pid, Changes& changes) {
  if (watched_.erase(pid) > 0) changes.gone.push_back(pid);
}

bool Discovery::forget(uint32_t pid) {
  excluded_.erase(pid);
  return watched_.erase(pid) > 0;
}

bool Discovery::exclude(uint32_t pid) {
  excluded_.insert(pid);
  return watched_.erase(pid) > 0;
}

}  // namespace tarsier::capture
