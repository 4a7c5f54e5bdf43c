#include "capture/discovery/procfs.h"

#include <dirent.h>
#include <elf.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

#include "capture/discovery/proc_text.h"

namespace tarsier::capture {
namespace {

constexpr size_t kPidsMax = 1 << 20;
constexpr size_t kSocketsMax = 65'536;
constexpr size_t kLinkMax = 4'096;

Error proc_error(const std::string& path, int error) {
  std::string message = path + ": " + std::strerror(error);
  if (error == ENOENT || error == ESRCH) return not_found(std::move(message));
  if (error == EACCES || error == EPERM) return {Code::kDenied, std::move(message)};
  return {Code::kIo, std::move(message)};
}

// O_NONBLOCK: opening what turns out to be a FIFO must not wait for its other end.
constexpr int kOpenFlags = O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

Result<std::string> read_all(int fd, const std::string& path, size_t max) {
  std::string out;
  size_t step = 4'096;
  while (out.size() < max) {
    size_t old = out.size();
    step = std::min({step * 2, max - old, size_t{1} << 20});
    out.resize(old + step);
    ssize_t n = ::read(fd, out.data() + old, step);
    out.resize(old + static_cast<size_t>(std::max<ssize_t>(n, 0)));
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return proc_error(path, errno);
    if (n == 0) break;
  }
  return out;
}

std::string read_link(int directory, const char* name) {
  char buffer[kLinkMax];
  ssize_t n = ::readlinkat(directory, name, buffer, sizeof(buffer));
  return n < 0 ? std::string() : std::string(buffer, static_cast<size_t>(n));
}

struct CloseDir {
  void operator()(DIR* dir) const { ::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, CloseDir>;

}  // namespace

std::string ProcFs::path(uint32_t pid, std::string_view file) const {
  return root_ + "/" + std::to_string(pid) + "/" + std::string(file);
}

std::vector<uint32_t> ProcFs::pids() const {
  std::vector<uint32_t> out;
  Dir dir(::opendir(root_.c_str()));
  if (!dir) return out;
  while (const dirent* entry = ::readdir(dir.get())) {
    std::string_view name = entry->d_name;
    uint32_t pid = 0;
    auto [end, error] = std::from_chars(name.begin(), name.end(), pid);
    if (error == std::errc() && end == name.end() && out.size() < kPidsMax) out.push_back(pid);
  }
  std::sort(out.begin(), out.end());
  return out;
}

Result<std::string> ProcFs::read(uint32_t pid, std::string_view file, size_t max) const {
  std::string name = path(pid, file);
  Fd fd(::open(name.c_str(), kOpenFlags));
  if (!fd) return proc_error(name, errno);
  return read_all(fd.get(), name, max);
}

Result<std::string> ProcFs::link(uint32_t pid, std::string_view file) const {
  std::string name = path(pid, file);
  errno = 0;
  std::string target = read_link(AT_FDCWD, name.c_str());
  if (target.empty()) return proc_error(name, errno == 0 ? ENOENT : errno);
  return target;
}

Result<std::string> ProcFs::exe_path(uint32_t pid) const {
  TRY(std::string target, link(pid, "exe"));
  constexpr std::string_view kDeleted = " (deleted)";
  if (target.ends_with(kDeleted)) target.resize(target.size() - kDeleted.size());
  return target;
}

Result<Fd> ProcFs::open_exe(uint32_t pid) const {
  std::string name = path(pid, "exe");
  Fd fd(::open(name.c_str(), kOpenFlags));
  if (!fd) return proc_error(name, errno);
  return fd;
}

Result<uint64_t> ProcFs::start_time(uint32_t pid) const {
  TRY(std::string text, read(pid, "stat", 4'096));
  auto stat = parse_stat(text);
  if (!stat) return corrupt(path(pid, "stat") + ": not in the kernel's format");
  return stat->start_time;
}

Result<uint32_t> ProcFs::netns(uint32_t pid) const {
  TRY(std::string target, link(pid, "ns/net"));
  auto inode = parse_bracketed(target, "net:[");
  if (!inode) return corrupt(path(pid, "ns/net") + ": \"" + target + "\" is no network namespace");
  return static_cast<uint32_t>(*inode);
}

Result<uint64_t> ProcFs::entry_address(uint32_t pid) const {
  TRY(std::string bytes, read(pid, "auxv", 4'096));
  for (size_t at = 0; at + 16 <= bytes.size(); at += 16) {
    uint64_t pair[2];
    std::memcpy(pair, bytes.data() + at, sizeof(pair));
    if (pair[0] == AT_ENTRY) return pair[1];
  }
  return not_found(path(pid, "auxv") + ": no entry address");
}

Result<std::string> ProcFs::read_inside(uint32_t pid, const std::string& file, size_t max) const {
  std::string root = path(pid, "root");
  Fd directory(::open(root.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (!directory) return proc_error(root, errno);
  open_how how{};
  how.flags = kOpenFlags;
  how.resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
  Fd fd(static_cast<int>(::syscall(SYS_openat2, directory.get(), file.c_str(), &how, sizeof(how))));
  if (!fd) return proc_error(root + file, errno);
  struct stat info{};
  if (::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode)) {
    return not_found(root + file + ": not a regular file");
  }
  return read_all(fd.get(), root + file, max);
}

std::vector<uint64_t> ProcFs::socket_inodes(uint32_t pid) const {
  std::vector<uint64_t> out;
  Dir dir(::opendir(path(pid, "fd").c_str()));
  if (!dir) return out;
  while (const dirent* entry = ::readdir(dir.get())) {
    if (entry->d_name[0] == '.' || out.size() >= kSocketsMax) continue;
    auto inode = parse_bracketed(read_link(::dirfd(dir.get()), entry->d_name), "socket:[");
    if (inode) out.push_back(*inode);
  }
  return out;
}

Result<uint32_t> netns_inode(const std::string& self_or_path) {
  std::string path = self_or_path == "self" ? "/proc/self/ns/net" : self_or_path;
  struct stat info{};
  if (::stat(path.c_str(), &info) != 0) return proc_error(path, errno);
  return static_cast<uint32_t>(info.st_ino);
}

}  // namespace tarsier::capture
