#include "capture/discovery/sight.h"

namespace tarsier::capture {
namespace {

// A forked child is called what its parent is, so its own description may say otherwise.
void describe_watched(const ProcFs& proc, const Process& process, const Verdict& verdict,
                      Sighting& out) {
  out.process = process;
  std::string_view named_by;
  auto own = describe(proc, process.pid, verdict, &named_by);
  bool inherited = own && own->service_name != process.service_name;
  out.named_by = inherited ? "its parent" : named_by;
}

}  // namespace

std::vector<Sighting> sight(const ProcFs& proc, const Discovery& discovery) {
  std::vector<Sighting> out;
  Listeners listeners(proc);
  for (uint32_t pid : proc.pids()) {
    auto exe_path = proc.exe_path(pid);
    if (!exe_path) continue;
    Sighting& sighting = out.emplace_back();
    sighting.process.pid = pid;
    sighting.process.exe_path = *exe_path;
    sighting.ports = listeners.ports(pid);
    Verdict verdict = discovery.verdict_on(pid, *exe_path, listeners);
    sighting.reason = verdict.reason;
    auto watched = discovery.watched().find(pid);
    sighting.watched = watched != discovery.watched().end();
    if (sighting.watched) describe_watched(proc, watched->second, verdict, sighting);
  }
  return out;
}

Result<std::vector<Sighting>> sight(const ProbeOptions& options) {
  TRY(Selection selection, Selection::create(options.instrument, options.exclude));
  uint32_t netns = 0;
  if (!options.netns.empty()) {
    TRY(netns, netns_inode(options.netns));
  }
  ProcFs proc;
  Discovery discovery(proc, std::move(selection), netns);
  for (uint32_t pid : options.own_pids) discovery.exclude(pid);
  discovery.scan();
  return sight(proc, discovery);
}

}  // namespace tarsier::capture
