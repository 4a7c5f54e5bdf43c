#include "capture/doctor/host.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <linux/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/fd.h"

namespace tarsier::capture {
namespace {

// What the privileged process does with each.
constexpr std::pair<int, std::string_view> kNeeded[] = {
    {CAP_BPF, "CAP_BPF"},                          // load programs, make maps
    {CAP_PERFMON, "CAP_PERFMON"},                  // tracing programs
    {CAP_NET_ADMIN, "CAP_NET_ADMIN"},              // hooks of a cgroup
    {CAP_SYS_PTRACE, "CAP_SYS_PTRACE"},            // /proc of other users' processes
    {CAP_DAC_READ_SEARCH, "CAP_DAC_READ_SEARCH"},  // their programs
    {CAP_SETUID, "CAP_SETUID"},                    // start the worker as another user
    {CAP_SETGID, "CAP_SETGID"},
};

std::string read_some(int fd) {
  char buffer[4'096];
  ssize_t n = ::read(fd, buffer, sizeof(buffer));
  return n <= 0 ? std::string() : std::string(buffer, static_cast<size_t>(n));
}

// A securityfs of our own that is mounted nowhere.
Fd detached_securityfs() {
  Fd context(static_cast<int>(::syscall(SYS_fsopen, "securityfs", FSOPEN_CLOEXEC)));
  if (!context) return {};
  if (::syscall(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0) != 0) {
    return {};
  }
  return Fd(static_cast<int>(::syscall(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, 0)));
}

}  // namespace

std::vector<std::string> missing_capabilities(std::string_view status) {
  constexpr std::string_view kKey = "CapEff:\t";
  uint64_t effective = 0;
  size_t at = status.find(kKey);
  if (at != status.npos) {
    status.remove_prefix(at + kKey.size());
    std::from_chars(status.data(), status.data() + status.size(), effective, 16);
  }
  std::vector<std::string> missing;
  for (auto [bit, name] : kNeeded) {
    if ((effective >> bit & 1) == 0) missing.emplace_back(name);
  }
  return missing;
}

std::string mounted(std::string_view mounts, std::string_view type) {
  auto word = [](std::string_view& line) {
    std::string_view out = line.substr(0, line.find(' '));
    line.remove_prefix(std::min(out.size() + 1, line.size()));
    return out;
  };
  while (!mounts.empty()) {
    std::string_view line = mounts.substr(0, mounts.find('\n'));
    mounts.remove_prefix(std::min(line.size() + 1, mounts.size()));
    word(line);
    std::string_view folder = word(line);
    if (word(line) == type) return std::string(folder);
  }
  return {};
}

std::string parse_lockdown(std::string_view text) {
  size_t open = text.find('['), close = text.find(']');
  if (open == text.npos || close == text.npos || close < open) return {};
  return std::string(text.substr(open + 1, close - open - 1));
}

std::string lockdown_mode() {
  Fd file(::open("/sys/kernel/security/lockdown", O_RDONLY | O_CLOEXEC));
  if (!file) {
    Fd folder = detached_securityfs();
    if (folder) file = Fd(::openat(folder.get(), "lockdown", O_RDONLY | O_CLOEXEC));
  }
  return file ? parse_lockdown(read_some(file.get())) : std::string();
}

std::string kernel_release() {
  utsname name{};
  return ::uname(&name) == 0 ? name.release : "";
}

bool in_first_pid_namespace() {
  constexpr ino_t kFirst = 0xEFFFFFFC;  // a constant of the kernel
  struct stat info{};
  return ::stat("/proc/self/ns/pid", &info) == 0 && info.st_ino == kFirst;
}

}  // namespace tarsier::capture
