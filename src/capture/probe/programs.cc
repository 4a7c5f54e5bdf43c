#include "capture/probe/programs.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <bit>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/fd.h"
#include "base/log.h"
#include "capture/doctor/trials.h"

using tarsier::capture::ts_shared;  // for the skeleton, which knows no namespaces
#include "capture.skel.h"

namespace tarsier::capture {
namespace {

int log_libbpf(enum libbpf_print_level level, const char* format, va_list arguments) {
  if (level == LIBBPF_DEBUG) return 0;
  char text[1024];
  std::vsnprintf(text, sizeof text, format, arguments);
  std::string_view line(text);
  while (line.ends_with('\n')) line.remove_suffix(1);
  LOG_DEBUG("libbpf", "message", line);
  return 0;
}

Error load_error(std::string_view what, int error) {
  std::string message = fmt::format("{}: {}", what, std::strerror(error));
  if (error == EPERM || error == EACCES) {
    return {Code::kDenied, message +
                               "; run as root, or with CAP_BPF, CAP_PERFMON, CAP_NET_ADMIN, "
                               "CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH"};
  }
  return unsupported(message + "; Linux 5.15 or newer with BTF (CONFIG_DEBUG_INFO_BTF) is needed");
}

// The cgroup v2 hierarchy, wherever it is mounted; empty when there is none.
std::string cgroup2_mount() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string line; std::getline(mounts, line);) {
    std::istringstream fields(line);
    std::string device, path, type;
    if (fields >> device >> path >> type && type == "cgroup2") return path;
  }
  return {};
}

}  // namespace

bool kernel_has_socket_tracepoints() {
  btf* types = btf__load_vmlinux_btf();
  if (!types) return false;
  bool has = btf__find_by_name_kind(types, "btf_trace_sock_recv_length", BTF_KIND_TYPEDEF) > 0;
  btf__free(types);
  return has;
}

void Programs::configure(const ProgramOptions& options) {
  auto& settings = *skeleton_->rodata;
  settings.only_netns = options.netns;
  settings.capture_data = options.data;
  settings.count_flows = options.flows;
  settings.use_storage = options.sockets;
  settings.watch_listeners = options.data && options.watch_listeners;
  settings.report_exec = options.data && options.report_exec;
  settings.wakeup_bytes = static_cast<uint32_t>(ring_bytes_ / 8);
  bpf_map__set_max_entries(skeleton_->maps.events, static_cast<uint32_t>(ring_bytes_));
  if (options.sockets) bpf_map__set_max_entries(skeleton_->maps.connections_by_cookie, 1);

  auto& programs = skeleton_->progs;
  if (options.tls && options.data) {
    multi_ = try_uprobe_multi().works();
    uprobes_ = multi_ || try_uprobe().works();
  }
  settings.read_tls = uprobes_;
  for (bpf_program* probe :
       {programs.on_go_tls_read, programs.on_go_tls_write, programs.on_ssl_enter,
        programs.on_ssl_return, programs.on_go_handler, programs.on_go_stream_call}) {
    bpf_program__set_autoload(probe, uprobes_);
    bpf_program__set_autoattach(probe, false);
    auto type = static_cast<bpf_attach_type>(uprobe::kMultiAttachType);
    if (multi_) bpf_program__set_expected_attach_type(probe, type);
  }
  datagram_hooks_ = options.sockets && options.flows && !cgroup2_mount().empty();
  bool sources = options.data || options.flows;
  bpf_program__set_autoload(programs.on_sock_recv, options.sockets && sources);
  bpf_program__set_autoload(programs.on_sock_send, options.sockets && sources);
  bpf_program__set_autoload(programs.on_sys_exit, !options.sockets && sources);
  bpf_program__set_autoload(programs.on_fork, options.data);
  bpf_program__set_autoload(programs.on_exec, options.data);
  bpf_program__set_autoload(programs.on_exit, options.data);
  for (bpf_program* hook :
       {programs.on_sendmsg4, programs.on_sendmsg6, programs.on_recvmsg4, programs.on_recvmsg6}) {
    bpf_program__set_autoload(hook, datagram_hooks_);
    bpf_program__set_autoattach(hook, false);
  }
  bpf_program__set_autoattach(programs.each_file, false);
}

Result<std::unique_ptr<Programs>> Programs::load(const ProgramOptions& options) {
  libbpf_set_print(log_libbpf);
  if (::access("/sys/kernel/btf/vmlinux", R_OK) != 0) {
    return unsupported(
        "this kernel has no BTF (/sys/kernel/btf/vmlinux); use one built with "
        "CONFIG_DEBUG_INFO_BTF=y");
  }
  std::unique_ptr<Programs> programs(new Programs);
  programs->ring_bytes_ = std::bit_ceil(std::max<uint64_t>(options.ring_bytes, 64 << 10));
  if (programs->ring_bytes_ > 1 << 30) return invalid("capture ring: more than 1 GiB");
  programs->skeleton_ = capture_bpf__open();
  if (!programs->skeleton_) return load_error("open the BPF programs", errno);
  programs->configure(options);
  if (int failed = capture_bpf__load(programs->skeleton_)) {
    return load_error("load the BPF programs", -failed);
  }
  programs->next_generation();
  return programs;
}

Programs::~Programs() {
  for (bpf_link* link : links_) bpf_link__destroy(link);
  if (iterator_) bpf_link__destroy(iterator_);
  if (skeleton_) capture_bpf__destroy(skeleton_);
}

Status Programs::attach() {
  iterator_ = bpf_program__attach_iter(skeleton_->progs.each_file, nullptr);
  if (!iterator_) return load_error("attach the socket iterator", errno);
  if (int failed = capture_bpf__attach(skeleton_)) {
    return load_error("attach the BPF programs", -failed);
  }
  if (datagram_hooks_) attach_datagram_hooks();
  return {};
}

// Without them UDP is still counted, only the far end of unconnected sockets stays unknown.
void Programs::attach_datagram_hooks() {
  std::string path = cgroup2_mount();
  Fd cgroup(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  auto& programs = skeleton_->progs;
  udp_peers_known_ = static_cast<bool>(cgroup);
  for (bpf_program* hook :
       {programs.on_sendmsg4, programs.on_sendmsg6, programs.on_recvmsg4, programs.on_recvmsg6}) {
    bpf_link* link = cgroup ? bpf_program__attach_cgroup(hook, cgroup.get()) : nullptr;
    if (link) {
      links_.push_back(link);
    } else {
      udp_peers_known_ = false;
    }
  }
  if (!udp_peers_known_) {
    LOG_WARN("UDP peers of unconnected sockets stay unknown", "cgroup", path, "error",
             std::strerror(errno));
  }
}

Status Programs::visit_sockets(Pass pass) {
  skeleton_->bss->iterate_pass = static_cast<uint32_t>(pass);
  Fd iteration(bpf_iter_create(bpf_link__fd(iterator_)));
  if (!iteration) return io_error("iterate over sockets");
  char nothing[64];
  ssize_t got;
  while ((got = ::read(iteration.get(), nothing, sizeof nothing)) > 0 ||
         (got < 0 && (errno == EAGAIN || errno == EINTR))) {
  }
  if (got < 0) return io_error("iterate over sockets");
  return {};
}

// After each change: what CPUs remember of the map is no longer valid.
void Programs::watched_changed() {
  std::atomic_ref(skeleton_->bss->watched_changes).fetch_add(1);
}

bool Programs::set_process(uint32_t pid, const ts_process& process) {
  int failed = bpf_map_update_elem(bpf_map__fd(skeleton_->maps.watched), &pid, &process, BPF_ANY);
  watched_changed();
  return !failed;
}

void Programs::remove_process(uint32_t pid) {
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.watched), &pid);
  watched_changed();
}

void Programs::next_generation() {
  skeleton_->bss->generation++;
}

std::vector<Programs::UdpFlow> Programs::udp_flows() const {
  std::vector<UdpFlow> out;
  int map = bpf_map__fd(skeleton_->maps.udp_flows);
  UdpFlow entry{};
  const ts_udp_key* before = nullptr;
  ts_udp_key key;
  while (out.size() < TS_UDP_FLOWS_MAX && bpf_map_get_next_key(map, before, &entry.key) == 0) {
    if (bpf_map_lookup_elem(map, &entry.key, &entry.flow) == 0) out.push_back(entry);
    key = entry.key;
    before = &key;
  }
  return out;
}

void Programs::remove_udp_flow(const ts_udp_key& key) {
  bpf_map_delete_elem(bpf_map__fd(skeleton_->maps.udp_flows), &key);
}

std::vector<uint64_t> Programs::counters() const {
  std::vector<uint64_t> out(TS_COUNTERS);
  std::vector<uint64_t> of_cpu(static_cast<size_t>(libbpf_num_possible_cpus()));
  for (uint32_t i = 0; i < TS_COUNTERS; i++) {
    if (bpf_map_lookup_elem(bpf_map__fd(skeleton_->maps.counters), &i, of_cpu.data()) != 0)
      continue;
    for (uint64_t value : of_cpu) out[i] += value;
  }
  return out;
}

uprobe::ProgramFds Programs::uprobes() const {
  if (!uprobes_) return {};
  auto& programs = skeleton_->progs;
  return {.go_read = bpf_program__fd(programs.on_go_tls_read),
          .go_write = bpf_program__fd(programs.on_go_tls_write),
          .ssl_enter = bpf_program__fd(programs.on_ssl_enter),
          .ssl_return = bpf_program__fd(programs.on_ssl_return),
          .go_handler = bpf_program__fd(programs.on_go_handler),
          .go_stream_call = bpf_program__fd(programs.on_go_stream_call),
          .multi = multi_};
}

int Programs::ring_fd() const {
  return bpf_map__fd(skeleton_->maps.events);
}
int Programs::shared_fd() const {
  return bpf_map__fd(skeleton_->maps.data_shared);
}
int Programs::process_ring_fd() const {
  return bpf_map__fd(skeleton_->maps.process_events);
}

}  // namespace tarsier::capture
