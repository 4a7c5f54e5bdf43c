// The BPF programs, loaded and attached; a thin owner of what libbpf gives.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/bpf/shared.h"
#include "capture/probe.h"
#include "capture/uprobe/attach.h"

struct capture_bpf;
struct bpf_link;

namespace tarsier::capture {

struct ProgramOptions {
  bool sockets = true;  // else system calls
  bool data = true, flows = true;
  uint64_t ring_bytes = 8 << 20;
  uint32_t netns = 0;
  bool watch_listeners = true;  // else user space alone decides
  bool report_exec = false;
  bool tls = true;  // read what TLS connections say, where uprobes work
};

// Does this kernel have the tracepoints of the socket layer?
bool kernel_has_socket_tracepoints();

// One thread. Everything is detached and freed with it.
class Programs {
 public:
  enum class Pass : uint32_t { kListeners, kConnections, kFlows };

  static Result<std::unique_ptr<Programs>> load(const ProgramOptions& options);
  ~Programs();

  // After this events flow.
  Status attach();

  // Visits every open TCP socket of the host.
  Status visit_sockets(Pass pass);

  // False when the table is full.
  bool set_process(uint32_t pid, const ts_process& process);
  void remove_process(uint32_t pid);

  // From now on connections are announced again at their next event.
  void next_generation();

  struct UdpFlow {
    ts_udp_key key;
    ts_udp_flow flow;
  };
  std::vector<UdpFlow> udp_flows() const;
  void remove_udp_flow(const ts_udp_key& key);

  std::vector<uint64_t> counters() const;  // by ts_counter, of all CPUs

  // What uprobes run; all -1 where they do not work.
  uprobe::ProgramFds uprobes() const;

  int ring_fd() const;
  uint64_t ring_bytes() const { return ring_bytes_; }
  int shared_fd() const;
  int process_ring_fd() const;
  bool udp_peers_known() const { return udp_peers_known_; }

 private:
  Programs() = default;
  void configure(const ProgramOptions& options);
  void attach_datagram_hooks();
  void watched_changed();

  capture_bpf* skeleton_ = nullptr;
  std::vector<bpf_link*> links_;
  bpf_link* iterator_ = nullptr;
  uint64_t ring_bytes_ = 0;
  bool datagram_hooks_ = false;
  bool udp_peers_known_ = false;
  bool uprobes_ = false, multi_ = false;
};

}  // namespace tarsier::capture
