#include <fmt/format.h>
#include <fmt/ranges.h>
#include <sys/resource.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

#include "capture/doctor/host.h"
#include "capture/doctor/trials.h"
#include "capture/go/layout.h"
#include "capture/probe.h"

namespace tarsier::capture {
namespace {

constexpr const char* kRoot = "run it as root: sudo tarsier up";
constexpr const char* kOldKernel = "this kernel lacks it: Linux 5.8 is the oldest that can work";

std::string read_file(const char* path) {
  std::ifstream in(path);
  return std::string((std::istreambuf_iterator<char>(in)), {});
}

Feature works(std::string name, std::string detail) {
  return {std::move(name), true, std::move(detail), "", false};
}

// Rights are the first thing to look at whatever was refused.
std::string fix_for(const Trial& trial, std::string otherwise) {
  return trial.error == EPERM || trial.error == EACCES ? kRoot : std::move(otherwise);
}

Feature tried(std::string name, const Trial& trial, std::string gives, std::string fix,
              bool required = false) {
  if (trial.works()) return {std::move(name), true, std::move(gives), "", required};
  std::string seen = trial.step == "find" ? "this kernel does not have it" : trial.text();
  return {std::move(name), false, std::move(seen), fix_for(trial, std::move(fix)), required};
}

Feature rights() {
  std::vector<std::string> missing = missing_capabilities(read_file("/proc/self/status"));
  constexpr const char* kFix =
      "run it as root (sudo tarsier up); in a container: privileged, with the host's pids";
  if (missing.empty() && ::geteuid() == 0) return {"rights", true, "root", "", true};
  if (missing.empty()) return {"rights", false, "not root", kFix, true};
  return {"rights", false, fmt::format("missing: {}", fmt::join(missing, ", ")), kFix, true};
}

Feature processes() {
  if (in_first_pid_namespace()) return works("host's processes", "sees all of them");
  return {"host's processes", false, "sees only those of its own pid namespace (a container)",
          "start the container with the host's pid namespace: docker run --pid=host", false};
}

Feature types() {
  return tried("BTF", try_btf(), "one binary fits this kernel",
               "use a kernel built with CONFIG_DEBUG_INFO_BTF=y (every current distribution's is)",
               true);
}

Feature ring(uint64_t bytes) {
  rlimit limit{};
  ::getrlimit(RLIMIT_MEMLOCK, &limit);
  std::string locked =
      limit.rlim_cur == RLIM_INFINITY ? "unlimited" : fmt::format("{} KiB", limit.rlim_cur >> 10);
  return tried("ring buffer", try_ring(bytes),
               fmt::format("{} MiB made; locked memory: {}", bytes >> 20, locked),
               "raise the limit of locked memory (ulimit -l unlimited), or use Linux 5.8 or newer",
               true);
}

// Either source of bytes will do; the socket tracepoints cost half.
std::vector<Feature> sources() {
  Trial sockets = try_raw_tracepoint("sock_send_length");
  if (sockets.works()) sockets = try_raw_tracepoint("sock_recv_length");
  Trial calls = try_raw_tracepoint("sys_exit");
  Trial connections = try_raw_tracepoint("inet_sock_set_state");
  if (connections.works()) connections = try_raw_tracepoint("tcp_destroy_sock");
  return {tried("socket tracepoints", sockets, "requests at about 2 us each",
                calls.works() ? "Linux 6.3 brings them; until then system calls are watched, at "
                                "twice the cost"
                              : kOldKernel,
                !calls.works()),
          tried("system call tracepoints", calls, "the fallback of the socket tracepoints",
                kOldKernel, !sockets.works()),
          tried("connection tracepoints", connections,
                "connections from their first byte to their last", kOldKernel, true)};
}

Feature iterators() {
  Trial trial = try_iterator("task_file");
  if (trial.works()) trial = try_iterator("tcp");
  return tried("iterators", trial, "connections that were open already are known at once",
               "connections older than tarsier appear with their next bytes; Linux 5.9 brings it");
}

Feature udp() {
  std::string folder = mounted(read_file("/proc/mounts"), "cgroup2");
  if (folder.empty()) {
    return {"cgroup2", false, "not mounted, so UDP flows are not counted",
            "mount -t cgroup2 none /sys/fs/cgroup/unified", false};
  }
  return tried("cgroup2", try_cgroup(folder), fmt::format("UDP flows, at {}", folder),
               "another tool may hold the hook exclusively; UDP flows are not counted");
}

Feature uprobes() {
  constexpr std::string_view kGives =
      "what is said over TLS is read in Go programs and OpenSSL (shared, or in an executable with "
      "its symbols), from connections that begin while they are watched; GnuTLS, rustls and "
      "stripped static libraries give flows only";
  if (try_uprobe_multi().works())
    return works("uprobes", fmt::format("one link a file: {}", kGives));
  return tried("uprobes", try_uprobe(), fmt::format("one link a function: {}", kGives),
               "TLS connections give flows only; use a kernel built with CONFIG_UPROBE_EVENTS=y");
}

Feature lockdown() {
  std::string mode = lockdown_mode();
  Trial read = try_kernel_read();
  if (!read.works() && mode == "confidentiality") {
    return {"lockdown", false, "confidentiality: forbids all tracing",
            "boot with lockdown=integrity", true};
  }
  if (!read.works()) return tried("lockdown", read, "", kOldKernel, true);
  if (mode == "integrity") {
    return works("lockdown", "integrity: forbids writing to a process, which nothing here does");
  }
  return works("lockdown", mode.empty() ? "not part of this kernel" : mode);
}

Feature worker() {
  return tried("unprivileged reader", try_unprivileged_reader(),
               "the worker needs no rights: it reads the ring through its descriptor",
               "set the kernel's LSM policy to let a process read BPF maps it was handed", true);
}

Feature tracefs() {
  std::string folder = mounted(read_file("/proc/mounts"), "tracefs");
  if (!folder.empty()) return works("tracefs", folder);
  return works("tracefs", "not mounted; not needed (mount -t tracefs none /sys/kernel/tracing)");
}

Feature jit() {
  std::string state = read_file("/proc/sys/net/core/bpf_jit_enable");
  if (state.empty() || state[0] != '0') return works("BPF compiler", "on");
  return {"BPF compiler", false, "programs are interpreted, several times slower",
          "sysctl -w net.core.bpf_jit_enable=1", false};
}

Feature go_links() {
#ifdef __x86_64__
  return works("Go call links", fmt::format("Go {}", go::supported_versions()));
#else
  return {"Go call links", false, "only on x86-64 for now: Go calls have no parent here", "",
          false};
#endif
}

}  // namespace

std::vector<Feature> probe_features() {
  constexpr uint64_t kRing = ProbeOptions().ring_bytes;
  std::vector<Feature> out = {works("kernel", kernel_release()), rights(), processes(), types(),
                              ring(kRing)};
  for (Feature& source : sources()) out.push_back(std::move(source));
  for (auto feature : {iterators, udp, uprobes, lockdown, worker, tracefs, jit, go_links}) {
    out.push_back(feature());
  }
  return out;
}

}  // namespace tarsier::capture
