#include "capture/discovery/discovery.h"

#include <fmt/format.h>

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

Stat stat_of(const ProcFs& proc, uint32_t pid) {
  auto text = proc.read(pid, "stat", 4'096);
  return text ? parse_stat(*text).value_or(Stat{}) : Stat{};
}

// The parent whose program this process goes on with, since it has executed none of its own; 0 when
// there is none.
uint32_t forked_from(const ProcFs& proc, uint32_t pid) {
  Stat own = stat_of(proc, pid);
  bool copied = own.stack_start && stat_of(proc, own.parent).stack_start == own.stack_start;
  return copied ? own.parent : 0;
}

bool same(const Process& a, const Process& b) {
  return a.start_time == b.start_time && a.exe_path == b.exe_path &&
         a.command_line == b.command_line && a.service_name == b.service_name &&
         a.service_namespace == b.service_namespace;
}

}  // namespace

Discovery::Discovery(ProcFs proc, Selection selection, uint32_t netns)
    : proc_(std::make_unique<const ProcFs>(std::move(proc))),
      selection_(std::move(selection)),
      netns_(netns) {}

Changes Discovery::scan() {
  Changes changes;
  Listeners listeners(*proc_);
  std::unordered_map<uint32_t, Passed> passed;
  std::vector<uint32_t> alive = proc_->pids();
  for (uint32_t pid : alive) {
    auto exe_path = proc_->exe_path(pid);
    if (!exe_path || excluded_.contains(pid) || unchanged(pid, *exe_path)) continue;
    Passed now{proc_->start_time(pid).value_or(0), *exe_path};
    auto before = passed_.find(pid);
    bool known = before != passed_.end() && before->second == now && last_look_;
    bool may_serve = !known || (selection_.needs_ports() && listeners.grew_since(*last_look_, pid));
    if (may_serve) consider(pid, *exe_path, listeners, changes);
    if (!watched_.contains(pid)) passed.emplace(pid, std::move(now));
  }
  auto ended = [&alive](uint32_t pid) {
    return !std::binary_search(alive.begin(), alive.end(), pid);
  };
  for (auto it = watched_.begin(); it != watched_.end();) {
    uint32_t pid = (it++)->first;
    if (ended(pid)) drop(pid, changes);
  }
  std::erase_if(excluded_, ended);
  // Workers that were looked at before their parent was watched get another look.
  if (!changes.found.empty()) passed.clear();
  passed_ = std::move(passed);
  last_look_ = std::move(listeners);
  return changes;
}

Changes Discovery::look(uint32_t pid) {
  Changes changes;
  Listeners listeners(*proc_);
  passed_.erase(pid);
  auto exe_path = proc_->exe_path(pid);
  if (!exe_path) {
    drop(pid, changes);
  } else if (!excluded_.contains(pid)) {
    consider(pid, *exe_path, listeners, changes);
  }
  return changes;
}

Changes Discovery::look_at_child(uint32_t pid, uint32_t parent) {
  Changes changes = look(pid);
  auto found = watched_.find(parent);
  bool decided = watched_.contains(pid) || excluded_.contains(pid) || proc_->exe_path(pid);
  if (decided || found == watched_.end()) return changes;
  if (watched_.size() >= kWatchedMax) {
    unwatched().add();
    return changes;
  }
  Process child = found->second;
  child.pid = pid;
  child.start_time = 0;
  watched_[pid] = child;
  changes.found.push_back(std::move(child));
  return changes;
}

void Discovery::consider(uint32_t pid, const std::string& exe_path, Listeners& listeners,
                         Changes& changes) {
  bool known = watched_.contains(pid);
  Verdict verdict = verdict_on(pid, exe_path, listeners);
  if (!verdict.watch) {
    // A server that stopped listening may still have requests to answer.
    if (!unchanged(pid, exe_path)) drop(pid, changes);
    return;
  }
  if (!known && watched_.size() >= kWatchedMax) return unwatched().add();
  auto process = identify(pid, verdict);
  if (!process) return drop(pid, changes);
  if (known && same(watched_[pid], *process)) return;
  watched_[pid] = *process;
  changes.found.push_back(std::move(*process));
}

// A forked child is called what its parent is: its own arguments and environment say the same, or
// were written over by a title.
Result<Process> Discovery::identify(uint32_t pid, const Verdict& verdict) const {
  TRY(Process process, describe(*proc_, pid, verdict));
  auto parent = watched_.find(forked_from(*proc_, pid));
  if (parent == watched_.end()) return process;
  process.service_name = parent->second.service_name;
  process.service_namespace = parent->second.service_namespace;
  process.resource_attributes = parent->second.resource_attributes;
  return process;
}

Verdict Discovery::verdict_on(uint32_t pid, const std::string& exe_path,
                              Listeners& listeners) const {
  if (!in_scope(pid)) return {.reason = "in another network namespace than capture.netns names"};
  if (!selection_.needs_ports()) return selection_.decide(exe_path, {});
  std::vector<uint16_t> ports = listeners.ports(pid);
  Verdict verdict = selection_.decide(exe_path, ports);
  if (verdict.watch || !ports.empty()) return verdict;
  // A worker: what its parent is called and watched for holds for it too.
  auto parent = watched_.find(stat_of(*proc_, pid).parent);
  if (parent == watched_.end() || parent->second.exe_path != exe_path) return verdict;
  verdict = selection_.decide(exe_path, listeners.ports(parent->first));
  if (verdict.watch)
    verdict.reason = fmt::format("as process {}: {}", parent->first, verdict.reason);
  return verdict;
}

bool Discovery::unchanged(uint32_t pid, const std::string& exe_path) const {
  auto known = watched_.find(pid);
  return known != watched_.end() && known->second.exe_path == exe_path &&
         proc_->start_time(pid).value_or(0) == known->second.start_time;
}

bool Discovery::in_scope(uint32_t pid) const {
  return netns_ == 0 || proc_->netns(pid).value_or(0) == netns_;
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
