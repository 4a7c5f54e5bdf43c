#include "app/privilege/supervisor.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <optional>

#include "app/wiring/signals.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"

namespace tarsier::app {
namespace {

constexpr int64_t kRestartDelayMax = 10 * kSecond;
constexpr int64_t kHealthyAfter = 30 * kSecond;  // a worker that lived this long starts afresh
constexpr int64_t kStopPatience = 15 * kSecond;

// BPF maps and programs, other processes' /proc files, other network namespaces, a new worker.
const std::vector<int> kKept = {
    CAP_BPF,    CAP_PERFMON, CAP_SYS_PTRACE, CAP_SYS_ADMIN, CAP_NET_ADMIN,   CAP_DAC_READ_SEARCH,
    CAP_SETUID, CAP_SETGID,  CAP_SETPCAP,    CAP_KILL,      CAP_SYS_RESOURCE};

Result<Fd> memory_file(const std::string& text) {
  Fd fd(::memfd_create("tarsier-settings", 0));
  if (!fd) return io_error("memfd_create");
  if (::write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size()) ||
      ::lseek(fd.get(), 0, SEEK_SET) != 0) {
    return io_error("write settings for the worker");
  }
  return fd;
}

// What a worker leaves for the next one; this process never looks into it. Pages that are never
// written take no memory.
Result<Fd> state_memory() {
  constexpr off_t kBytes = 64 << 20;
  Fd fd(::memfd_create("tarsier-state", MFD_CLOEXEC | MFD_ALLOW_SEALING));
  if (!fd) return io_error("memfd_create");
  if (::ftruncate(fd.get(), kBytes) != 0 ||
      ::fcntl(fd.get(), F_ADD_SEALS, F_SEAL_SHRINK | F_SEAL_GROW) != 0) {
    return io_error("make memory for the worker's state");
  }
  return fd;
}

// Runs in the forked child; returns only on failure.
Status become_worker(const SupervisorOptions& options, int program, const std::vector<int>& fds,
                     pid_t parent) {
  TRY_STATUS(become(options.user));
  // The supervisor's death must not leave a worker behind that nobody feeds.
  ::prctl(PR_SET_PDEATHSIG, SIGTERM, 0, 0, 0);
  if (::getppid() != parent) return internal("the privileged process died");
  std::vector<std::string> words = {"tarsier", "worker", options.mode};
  for (int fd : fds) {
    ::fcntl(fd, F_SETFD, 0);
    words.push_back(std::to_string(fd));
  }
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  // By descriptor: the path to the binary may lie in a folder that the user cannot enter.
  ::execveat(program, "", argv.data(), environ, AT_EMPTY_PATH);
  return io_error("start the worker");
}

class Supervisor {
 public:
  Supervisor(capture::Probe& probe, const SupervisorOptions& options, Fd program, Fd state)
      : probe_(probe), options_(options), program_(std::move(program)), state_(std::move(state)) {}

  int run() {
    StopSignals signals({SIGCHLD});
    while (true) {
      if (worker_ == 0 && now() >= restart_at_) {
        if (Status started = start(); !started) {
          LOG_ERROR("cannot start the worker", "error", started.error().message);
          return 1;
        }
      }
      if (Status polled = probe_.poll(200); !polled) {
        LOG_ERROR("capture stopped", "error", polled.error().message);
        return stop(1);
      }
      if (signals.stop_requested()) return stop(0);
      if (std::optional<int> code = reap()) return *code;
    }
  }

 private:
  static int64_t now() { return system_clock().monotonic_ns(); }

  Status start() {
    TRY(Fd settings, memory_file(options_.settings));
    TRY(std::vector<int> probe_fds, probe_.handover());
    std::vector<int> fds = {settings.get(), state_.get()};
    fds.insert(fds.end(), probe_fds.begin(), probe_fds.end());
    pid_t parent = ::getpid();
    pid_t pid = ::fork();
    if (pid == 0) {
      Status failed = become_worker(options_, program_.get(), fds, parent);
      LOG_ERROR("worker", "error", failed.error().message);
      ::_exit(1);
    }
    for (int fd : probe_fds) ::close(fd);
    if (pid < 0) return io_error("fork");
    worker_ = pid;
    started_ = now();
    LOG_DEBUG("worker started", "pid", pid, "mode", options_.mode);
    probe_.exclude_pid(static_cast<uint32_t>(pid));
    return {};
  }

  // What became of the worker. A value: the program's exit code.
  std::optional<int> reap() {
    int status = 0;
    if (worker_ == 0 || ::waitpid(worker_, &status, WNOHANG) != worker_) return std::nullopt;
    worker_ = 0;
    if (WIFEXITED(status)) return WEXITSTATUS(status);  // it has said why
    delay_ = now() - started_ > kHealthyAfter
                 ? 0
                 : std::min(kRestartDelayMax, delay_ * 2 + kSecond / 10);
    restart_at_ = now() + delay_;
    LOG_ERROR("the worker was killed; starting it again", "signal", WTERMSIG(status), "hint",
              "events wait in the ring meanwhile");
    return std::nullopt;
  }

  int stop(int code) {
    if (worker_ == 0) return code;
    ::kill(worker_, SIGTERM);
    for (int64_t end = now() + kStopPatience; now() < end;) {
      int status = 0;
      if (::waitpid(worker_, &status, WNOHANG) == worker_) {
        return WIFEXITED(status) && code == 0 ? WEXITSTATUS(status) : std::max(code, 1);
      }
      ::usleep(20'000);
    }
    LOG_WARN("the worker does not stop; ending it", "pid", worker_);
    ::kill(worker_, SIGKILL);
    ::waitpid(worker_, nullptr, 0);
    return 1;
  }

  capture::Probe& probe_;
  const SupervisorOptions& options_;
  Fd program_, state_;
  pid_t worker_ = 0;
  int64_t started_ = 0, restart_at_ = 0, delay_ = 0;
};

}  // namespace

int supervise(capture::Probe& probe, const SupervisorOptions& options) {
  Fd program(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  if (!program) {
    LOG_ERROR("cannot open /proc/self/exe", "error", io_error("open").message);
    return 1;
  }
  Result<Fd> state = state_memory();
  if (!state) {
    LOG_ERROR("cannot start", "error", state.error().message);
    return 1;
  }
  if (auto kept = keep_capabilities(kKept)) {
    LOG_INFO("capture attached", "pid", ::getpid(), "worker_user", options.user.name, "keeps",
             fmt::format("{}", fmt::join(*kept, ",")));
  } else {
    LOG_WARN("capabilities could not be reduced", "error", kept.error().message);
  }
  return Supervisor(probe, options, std::move(program), std::move(*state)).run();
}

capture::ProbeOptions probe_options(const Config& config) {
  capture::ProbeOptions out;
  out.source = config.capture.source == "sockets"    ? capture::Source::kSockets
               : config.capture.source == "syscalls" ? capture::Source::kSyscalls
                                                     : capture::Source::kAuto;
  out.ring_bytes = static_cast<uint64_t>(config.capture.ring_bytes);
  out.http = config.capture.http;
  out.tls = config.capture.tls;
  out.network = config.capture.network;
  out.netns = config.capture.netns;
  out.own_pids = {static_cast<uint32_t>(::getpid())};
  auto copy = [](const std::vector<Selector>& from, std::vector<capture::Selector>& to) {
    for (const Selector& s : from) {
      to.push_back({s.regex, s.exe_path, s.open_ports, s.name, s.service_namespace});
    }
  };
  copy(config.instrument, out.instrument);
  copy(config.exclude, out.exclude);
  return out;
}

}  // namespace tarsier::app
