#include "capture/uprobe/tls_files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <charconv>

#include "base/log.h"

namespace tarsier::capture::uprobe {
namespace {

constexpr size_t kMapsMax = 4 << 20;   // bytes of /proc/PID/maps
constexpr size_t kMappingsMax = 1024;  // files of one process

// The next field of a line; `rest` then begins behind the blanks that follow it.
std::string_view field(std::string_view& rest) {
  std::string_view out = rest.substr(0, rest.find(' '));
  rest.remove_prefix(out.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  return out;
}

uint64_t number(std::string_view text, int base) {
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value, base);
  return value;
}

}  // namespace

std::vector<Mapping> executable_mappings(std::string_view maps) {
  std::vector<Mapping> out;
  std::set<std::pair<uint64_t, uint64_t>> seen;
  while (!maps.empty() && out.size() < kMappingsMax) {
    std::string_view line = maps.substr(0, maps.find('\n'));
    maps.remove_prefix(std::min(line.size() + 1, maps.size()));
    std::string_view range = field(line), rights = field(line);
    field(line);
    std::string_view device = field(line), inode = field(line);
    if (rights.size() < 3 || rights[2] != 'x' || !line.starts_with('/') || device.empty()) continue;
    size_t dash = std::min(range.find('-'), range.size() - 1);
    Mapping mapping{.path = std::string(line)};
    mapping.range = fmt::format("{:x}-{:x}", number(range.substr(0, dash), 16),
                                number(range.substr(dash + 1), 16));
    size_t colon = std::min(device.find(':'), device.size() - 1);
    mapping.device =
        number(device.substr(0, colon), 16) << 32 | number(device.substr(colon + 1), 16);
    mapping.inode = number(inode, 10);
    if (mapping.inode && seen.emplace(mapping.device, mapping.inode).second)
      out.push_back(std::move(mapping));
  }
  return out;
}

bool TlsFiles::add(const ProcFs& proc, uint32_t pid) {
  if (programs_.go_read < 0) return false;
  auto maps = proc.read(pid, "maps", kMapsMax);
  if (!maps) return false;
  std::set<Id> now;
  for (const Mapping& mapping : executable_mappings(*maps)) {
    if (add_file(proc, pid, mapping)) now.emplace(mapping.device, mapping.inode);
  }
  std::set<Id> before = std::move(of_process_[pid]);
  for (const Id& id : before) {
    auto file = now.contains(id) ? files_.end() : files_.find(id);
    if (file == files_.end()) continue;
    file->second.pids.erase(pid);
    if (file->second.pids.empty()) files_.erase(file);
  }
  of_process_[pid] = now;
  if (now.empty()) of_process_.erase(pid);
  return !now.empty();
}

bool TlsFiles::add_file(const ProcFs& proc, uint32_t pid, const Mapping& mapping) {
  Id id{mapping.device, mapping.inode};
  if (auto known = files_.find(id); known != files_.end()) {
    known->second.pids.insert(pid);
    return true;
  }
  Fd file(::open(proc.path(pid, "map_files/" + mapping.range).c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status{};
  if (!file || ::fstat(file.get(), &status) != 0 || !S_ISREG(status.st_mode)) return false;
  int64_t changed = status.st_ctim.tv_sec * 1'000'000'000 + status.st_ctim.tv_nsec;
  if (auto known = nothing_in_.find(id); known != nothing_in_.end() && known->second == changed)
    return false;
  File made;
  if (!attach_file(file.get(), mapping, made)) {
    if (nothing_in_.size() >= kRememberedMax) nothing_in_.clear();
    nothing_in_[id] = changed;
    return false;
  }
  made.pids.insert(pid);
  files_.emplace(id, std::move(made));
  return true;
}

bool TlsFiles::attach_file(int file, const Mapping& mapping, File& out) {
  FdSource source(file);
  auto elf = ElfFile::open(source);
  if (!elf) return false;
  std::vector<Target> targets = find_targets(*elf);
  if (targets.empty()) return false;
  if (files_.size() >= kFilesMax) {
    failed_++;
    LOG_WARN("TLS stays unread", "file", mapping.path, "reason", "too many files are watched");
    return false;
  }
  auto links = attach_targets(programs_, file, targets);
  if (!links) {
    failed_++;
    LOG_WARN("TLS stays unread", "file", mapping.path, "reason", links.error().message);
    return false;
  }
  out.links = std::move(*links);
  bool cheap =
      std::all_of(targets.begin(), targets.end(), [](auto& target) { return target.cheap; });
  LOG_INFO("TLS is read", "file", mapping.path, "places", targets.size(), "cheap", cheap);
  return true;
}

void TlsFiles::remove(uint32_t pid) {
  auto process = of_process_.find(pid);
  if (process == of_process_.end()) return;
  for (const Id& id : process->second) {
    auto file = files_.find(id);
    if (file == files_.end()) continue;
    file->second.pids.erase(pid);
    if (file->second.pids.empty()) files_.erase(file);
  }
  of_process_.erase(process);
}

}  // namespace tarsier::capture::uprobe
