// Door of capture, the privileged half: loads and attaches the BPF programs, finds processes, and
// tells the worker about them. Everything else happens in the worker, which has no rights.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/capture.h"

namespace tarsier::capture {

// Fields of one item must all hold; one item that holds is enough.
struct Selector {
  bool regex = false;  // exe_path: a regex matched anywhere, else a glob on the whole path
  std::string exe_path;
  std::string open_ports;               // "80,8000-9000": the process listens on one of these
  std::string name, service_namespace;  // given to the service that matches
};

enum class Source { kAuto, kSockets, kSyscalls };  // kAuto: sockets where the kernel has them

struct ProbeOptions {
  Source source = Source::kAuto;
  uint64_t ring_bytes = 8 << 20;     // rounded up to a power of two
  bool http = true;                  // watch requests of the selected processes
  bool tls = true;                   // what TLS connections say too, by uprobes
  bool network = true;               // count flows of every connection of the host
  int flow_interval_ms = 5'000;      // how often those of live connections are reported
  std::vector<Selector> instrument;  // empty: every process that serves (listens)
  std::vector<Selector> exclude;     // these never, whatever `instrument` says
  std::string netns;                 // only this network namespace: "self" or a path; empty: all
  std::vector<uint32_t> own_pids;    // tarsier's own processes: never watched
};

// One thread. Detaches everything when destroyed; programs and maps are never pinned, so that
// nothing outlives the process however it ends.
class Probe {
 public:
  virtual ~Probe() = default;

  // kDenied (rights), kUnsupported (kernel) or kIo; the message says what is missing and the fix.
  static Result<std::unique_ptr<Probe>> attach(const ProbeOptions& options);

  // Descriptors for one worker, in the order Reader::open takes them. Made anew for each worker:
  // the first is inherited by the worker, all of them are the caller's to close after the fork.
  // From then on the worker hears of every process known and of each new one; connections are
  // announced again at their next event.
  virtual Result<std::vector<int>> handover() = 0;

  // Finds processes that came, changed or went, and reports them to the worker. Returns after at
  // most timeout_ms.
  virtual Status poll(int timeout_ms) = 0;

  // A process of ours that must not be watched (a worker just started).
  virtual void exclude_pid(uint32_t pid) = 0;
};

// One process, as an agent would decide on it: for `tarsier discover`.
struct Sighting {
  Process process;              // pid and exe_path only, when it is not watched
  std::vector<uint16_t> ports;  // TCP ports that it listens on
  bool watched = false;
  std::string reason;    // "listens on TCP port 8080"
  std::string named_by;  // "its OTEL_SERVICE_NAME"; empty when it is not watched
};

// Every process of the host, ascending by pid; kernel threads left out. Those of other users and
// namespaces only with root's rights. kInvalid for a selector that cannot be read.
Result<std::vector<Sighting>> sight(const ProbeOptions& options);

// What this kernel and these rights allow, feature by feature: for `tarsier doctor`.
struct Feature {
  std::string name;  // "socket tracepoints"
  bool works = false;
  std::string detail;     // what it gives, or what was seen instead
  std::string fix;        // what to do when it does not work; empty when nothing can be done
  bool required = false;  // nothing can be watched without it
};
std::vector<Feature> probe_features();

}  // namespace tarsier::capture
