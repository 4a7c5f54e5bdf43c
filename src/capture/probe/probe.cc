#include "capture/probe.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <sys/epoll.h>

#include <map>

#include "base/clock.h"
#include "base/log.h"
#include "capture/discovery/discovery.h"
#include "capture/probe/go_processes.h"
#include "capture/probe/handover.h"
#include "capture/probe/programs.h"
#include "capture/probe/udp_flows.h"
#include "capture/process_codec.h"
#include "capture/uprobe/tls_files.h"

namespace tarsier::capture {
namespace {

constexpr int64_t kScanInterval = 30 * kSecond;  // a safety net: events tell of each change at once
constexpr int64_t kScanGap = 200 * kMillisecond;  // between two scans that events ask for
constexpr int64_t kStatisticsInterval = kSecond;

int64_t now() {
  return system_clock().monotonic_ns();
}

class AttachedProbe : public Probe {
 public:
  AttachedProbe(const ProbeOptions& options, Discovery discovery)
      : options_(options), discovery_(std::move(discovery)) {}
  ~AttachedProbe() override {
    if (events_) ring_buffer__free(events_);
  }

  Status start(uint32_t netns);
  Result<std::vector<int>> handover() override;
  Status poll(int timeout_ms) override;
  void exclude_pid(uint32_t pid) override;

 private:
  static int on_event(void* probe, void* data, size_t size);
  void on_process_event(const ts_process_event& event);
  void apply(const Changes& changes);
  void watch(const Process& process);
  void enter(const Process& process);
  void unwatch(uint32_t pid, uint64_t time_ns);
  void look(uint32_t pid, uint32_t forked_by);
  void scan();
  Status run_timers();
  void send_statistics();
  bool data() const { return options_.http; }
  int64_t flow_interval() const { return options_.flow_interval_ms * kMillisecond; }

  ProbeOptions options_;
  Discovery discovery_;
  std::unique_ptr<Programs> programs_;
  GoProcesses go_;
  UdpFlows udp_;
  uprobe::TlsFiles tls_;
  ProcFs proc_;
  News news_;
  ring_buffer* events_ = nullptr;
  Fd epoll_;
  std::map<uint32_t, bool> told_;  // processes that the worker knows
  uint64_t events_lost_ = 0;
  bool handed_over_ = false;  // what came before is for the first worker
  int64_t next_flows_ = 0, last_scan_ = 0, next_scan_ = 0, next_statistics_ = 0;
};

Status AttachedProbe::start(uint32_t netns) {
  ProgramOptions programs;
  programs.sockets = options_.source == Source::kSockets ||
                     (options_.source == Source::kAuto && kernel_has_socket_tracepoints());
  programs.data = options_.http;
  programs.flows = options_.network;
  programs.ring_bytes = options_.ring_bytes;
  programs.netns = netns;
  programs.watch_listeners = options_.instrument.empty();
  programs.report_exec = !options_.instrument.empty();
  programs.tls = options_.tls;
  TRY(programs_, Programs::load(programs));
  tls_.start(programs_->uprobes());
  for (uint32_t pid : options_.own_pids) exclude_pid(pid);
  TRY_STATUS(programs_->attach());
  TRY_STATUS(programs_->visit_sockets(Programs::Pass::kListeners));
  TRY_STATUS(programs_->visit_sockets(Programs::Pass::kConnections));

  events_ = ring_buffer__new(programs_->process_ring_fd(), on_event, this, nullptr);
  if (!events_) return io_error("open the ring of process events");
  epoll_ = Fd(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event interest{.events = EPOLLIN, .data = {.fd = programs_->process_ring_fd()}};
  if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, interest.data.fd, &interest) != 0) {
    return io_error("epoll");
  }
  scan();
  next_flows_ = now() + flow_interval();
  return {};
}

int AttachedProbe::on_event(void* probe, void* data, size_t size) {
  ts_process_event event;
  if (size < sizeof event) return 0;
  std::memcpy(&event, data, sizeof event);
  static_cast<AttachedProbe*>(probe)->on_process_event(event);
  return 0;
}

void AttachedProbe::on_process_event(const ts_process_event& event) {
  if (event.kind == TS_PROCESS_ENCRYPTS) {
    auto process = discovery_.watched().find(event.pid);
    if (process != discovery_.watched().end() && !tls_.watched(event.pid)) enter(process->second);
    return;
  }
  if (event.kind == TS_PROCESS_EXITED) {
    discovery_.forget(event.pid);
    unwatch(event.pid, event.time_ns);
    return;
  }
  look(event.pid, event.kind == TS_PROCESS_FORKED ? event.parent : 0);
  if (event.kind != TS_PROCESS_LISTENS) return;
  go_.look_again(event.pid, now());
  // Where selectors decide, the kernel tells of children from the decision on only: a prefork
  // server may have some already. With the socket they have the port, so a scan finds them.
  bool selected = !options_.instrument.empty() && discovery_.watched().contains(event.pid);
  if (selected) next_scan_ = std::min(next_scan_, last_scan_ + kScanGap);
}

void AttachedProbe::look(uint32_t pid, uint32_t forked_by) {
  apply(forked_by ? discovery_.look_at_child(pid, forked_by) : discovery_.look(pid));
  // The kernel marks whoever listens and its children; not all of them are wanted.
  if (!discovery_.watched().contains(pid)) programs_->remove_process(pid);
}

void AttachedProbe::scan() {
  last_scan_ = now();
  next_scan_ = last_scan_ + kScanInterval;
  if (data()) apply(discovery_.scan());
}

void AttachedProbe::apply(const Changes& changes) {
  for (uint32_t pid : changes.gone) unwatch(pid, static_cast<uint64_t>(now()));
  for (const Process& process : changes.found) watch(process);
}

// The worker hears of the process first, so that it knows whose bytes they are.
void AttachedProbe::watch(const Process& process) {
  news_.send(encode_process(process, static_cast<uint64_t>(now())));
  told_[process.pid] = true;
  enter(process);
}

// Into the kernel's table.
void AttachedProbe::enter(const Process& process) {
  ts_process entry{};
  entry.flags = TS_PROCESS_WATCHED;
  if (tls_.add(proc_, process.pid)) entry.flags |= TS_PROCESS_TLS;
  if (process.language == Language::kGo) {
    if (const ts_go_layout* layout = go_.add(process.pid, now())) {
      entry.flags |= TS_PROCESS_GO;
      entry.go = *layout;
    }
  }
  if (!programs_->set_process(process.pid, entry)) {
    LOG_WARN("process not watched", "pid", process.pid, "exe", process.exe_path, "hint",
             "the table of processes is full; select fewer");
  }
}

void AttachedProbe::unwatch(uint32_t pid, uint64_t time_ns) {
  programs_->remove_process(pid);
  go_.remove(pid);
  tls_.remove(pid);
  if (told_.erase(pid) > 0) news_.send(encode_exit(pid, time_ns));
}

Result<std::vector<int>> AttachedProbe::handover() {
  TRY(Fd theirs, news_.connect());
  Fd ring(::fcntl(programs_->ring_fd(), F_DUPFD_CLOEXEC, 0));
  Fd shared(::fcntl(programs_->shared_fd(), F_DUPFD_CLOEXEC, 0));
  if (!ring || !shared) return io_error("duplicate the ring's descriptor");
  Hello hello{.ring_bytes = programs_->ring_bytes()};
  news_.send({reinterpret_cast<const char*>(&hello), sizeof hello});
  if (handed_over_) programs_->next_generation();
  handed_over_ = true;
  told_.clear();
  for (const auto& [pid, process] : discovery_.watched()) {
    news_.send(encode_process(process, static_cast<uint64_t>(now())));
    told_[pid] = true;
  }
  return std::vector<int>{theirs.release(), ring.release(), shared.release()};
}

Status AttachedProbe::poll(int timeout_ms) {
  int64_t due = std::min({next_flows_, next_scan_, next_statistics_, go_.next_due()});
  int64_t wait = std::clamp<int64_t>((due - now()) / kMillisecond, 0, timeout_ms);
  if (news_.waiting()) wait = std::min<int64_t>(wait, 5);
  epoll_event ready;
  if (::epoll_wait(epoll_.get(), &ready, 1, static_cast<int>(wait)) < 0 && errno != EINTR) {
    return io_error("epoll_wait");
  }
  if (ring_buffer__consume(events_) < 0) return io_error("read process events");
  news_.flush();
  return run_timers();
}

Status AttachedProbe::run_timers() {
  int64_t time = now();
  for (const auto& [pid, layout] : go_.refresh(time)) {
    ts_process entry{};
    entry.flags = TS_PROCESS_WATCHED | TS_PROCESS_GO;
    if (tls_.watched(pid)) entry.flags |= TS_PROCESS_TLS;
    entry.go = *layout;
    programs_->set_process(pid, entry);
  }
  if (time >= next_flows_) {
    next_flows_ = time + flow_interval();
    if (options_.network) {
      TRY_STATUS(programs_->visit_sockets(Programs::Pass::kFlows));
      udp_.report(*programs_, time, [this](std::string record) { news_.send(std::move(record)); });
    }
  }
  if (time >= next_scan_) scan();
  if (time >= next_statistics_) {
    next_statistics_ = time + kStatisticsInterval;
    send_statistics();
  }
  return {};
}

void AttachedProbe::send_statistics() {
  Statistics out;
  out.header.kind = kNewsStatistics;
  out.header.size = sizeof out;
  std::vector<uint64_t> counters = programs_->counters();
  std::copy(counters.begin(), counters.end(), out.kernel);
  out.go_unsupported = go_.unsupported();
  out.go_linked = go_.linked();
  out.watched = discovery_.watched().size();
  out.news_dropped = news_.dropped();
  news_.send({reinterpret_cast<const char*>(&out), sizeof out});
  uint64_t lost = counters[TS_COUNT_PROCESS_EVENTS_FULL];
  if (lost != events_lost_) next_scan_ = 0;  // something was missed: look at everything
  events_lost_ = lost;
}

void AttachedProbe::exclude_pid(uint32_t pid) {
  ts_process entry{};
  entry.flags = TS_PROCESS_IGNORED;
  programs_->set_process(pid, entry);
  if (discovery_.exclude(pid)) {
    go_.remove(pid);
    tls_.remove(pid);
    if (told_.erase(pid) > 0) news_.send(encode_exit(pid, static_cast<uint64_t>(now())));
  }
}

}  // namespace

Result<std::unique_ptr<Probe>> Probe::attach(const ProbeOptions& options) {
  uint32_t netns = 0;
  if (!options.netns.empty()) {
    TRY(netns, netns_inode(options.netns));
  }
  TRY(Selection selection, Selection::create(options.instrument, options.exclude));
  auto probe =
      std::make_unique<AttachedProbe>(options, Discovery(ProcFs(), std::move(selection), netns));
  TRY_STATUS(probe->start(netns));
  return probe;
}

}  // namespace tarsier::capture
