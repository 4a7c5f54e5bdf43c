// Processes: what runs, what it is called, and whether it is to be watched.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <unordered_map>
#include <vector>

#include "capture/capture.h"
#include "capture/discovery/listeners.h"
#include "capture/discovery/procfs.h"
#include "capture/discovery/selection.h"

namespace tarsier::capture {

// Everything that capture.h's Process says. `verdict` gives a name and namespace which go behind
// the process's own OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES and before names that are
// derived (script, module, jar, package, executable). resource_attributes leaves out service.name
// and service.namespace. Costs about a millisecond (it reads the program's headers), so decide
// first. kNotFound: gone, a zombie or a kernel thread.
// `named_by`, if given, gets what the service name is from, in words.
Result<Process> describe(const ProcFs& proc, uint32_t pid, const Verdict& verdict = {},
                         std::string_view* named_by = nullptr);

// TCP ports that the process listens on, ascending.
std::vector<uint16_t> listening_ports(const ProcFs& proc, uint32_t pid);

// The same for every process at once: each network namespace's tables are read once.
std::unordered_map<uint32_t, std::vector<uint16_t>> listening_ports(const ProcFs& proc);

struct Changes {
  std::vector<Process> found;  // newly watched, or changed (exec, a reused pid)
  std::vector<uint32_t> gone;  // no longer watched: ended, or became something else
};

// Keeps the list of watched processes. One thread.
class Discovery {
 public:
  static constexpr size_t kWatchedMax = 16'384;  // more are left unwatched and counted

  // netns: only processes of this network namespace; 0: all.
  Discovery(ProcFs proc, Selection selection, uint32_t netns = 0);

  // Compares all of /proc with what is known. A child with the executable of a parent that listens
  // counts as listening too: some servers hand accepted connections to workers.
  Changes scan();

  // The same for one process, right after its exec or listen.
  Changes look(uint32_t pid);

  // The same right after its fork. It may have ended already: then it is what its parent is.
  Changes look_at_child(uint32_t pid, uint32_t parent);

  // It ended. True when it was watched.
  bool forget(uint32_t pid);

  // Never watch it: one of ours. True when it was watched until now.
  bool exclude(uint32_t pid);

  const std::map<uint32_t, Process>& watched() const { return watched_; }

  // How it decides on the process, and why.
  Verdict verdict_on(uint32_t pid, const std::string& exe_path, Listeners& listeners) const;

 private:
  // A process that is not watched. While it stays the same, and no new socket listens in its
  // network namespace, it need not be looked at again.
  struct Passed {
    uint64_t start_time;
    std::string exe_path;
    bool operator==(const Passed&) const = default;
  };

  void consider(uint32_t pid, const std::string& exe_path, Listeners& listeners, Changes& changes);
  Result<Process> identify(uint32_t pid, const Verdict& verdict) const;
  void drop(uint32_t pid, Changes& changes);
  bool unchanged(uint32_t pid, const std::string& exe_path) const;
  bool in_scope(uint32_t pid) const;

  std::unique_ptr<const ProcFs> proc_;
  Selection selection_;
  uint32_t netns_;
  std::map<uint32_t, Process> watched_;
  std::set<uint32_t> excluded_;
  std::unordered_map<uint32_t, Passed> passed_;
  std::optional<Listeners> last_look_;
};

}  // namespace tarsier::capture
