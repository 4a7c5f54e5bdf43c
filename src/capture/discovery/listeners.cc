#include "capture/discovery/listeners.h"

#include <algorithm>

#include "capture/discovery/discovery.h"
#include "capture/discovery/sock_diag.h"

namespace tarsier::capture {
namespace {

constexpr size_t kFirstRead = 64 << 10;
constexpr size_t kTableMax = 16 << 20;

// The kernel lists the listening sockets before all others, so once a table's last line shows
// another state there is no need for the rest, which may be very long.
bool ends_in_other_state(std::string_view table) {
  size_t end = table.rfind('\n');
  if (end == table.npos) return false;
  table = table.substr(0, end);
  PortsByInode one;
  parse_listening(table.substr(table.rfind('\n') + 1), one);
  return one.empty();
}

PortsByInode read_tables(const ProcFs& proc, uint32_t pid) {
  if (proc.is_real()) {
    auto sockets = listening_by_netlink(proc, pid);
    if (sockets) return std::move(*sockets);
  }
  PortsByInode out;
  for (std::string_view name : {"net/tcp", "net/tcp6"}) {
    std::string table;
    for (size_t max = kFirstRead; max <= kTableMax; max *= 4) {
      table = proc.read(pid, name, max).value_or("");
      if (table.size() < max || ends_in_other_state(table)) break;
    }
    parse_listening(table, out);
  }
  return out;
}

}  // namespace

const PortsByInode& Listeners::table(uint32_t pid) {
  static const PortsByInode none;
  auto netns = proc_->netns(pid);
  if (!netns) return none;  // gone, or a zombie
  auto [table, first] = tables_.try_emplace(*netns);
  if (first) table->second = read_tables(*proc_, pid);
  return table->second;
}

std::vector<uint16_t> Listeners::ports(uint32_t pid) {
  std::vector<uint16_t> ports;
  const PortsByInode& listening = table(pid);
  if (listening.empty()) return ports;
  for (uint64_t inode : proc_->socket_inodes(pid)) {
    auto hit = listening.find(inode);
    if (hit != listening.end()) ports.push_back(hit->second);
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

bool Listeners::grew_since(const Listeners& earlier, uint32_t pid) {
  const PortsByInode& now = table(pid);
  auto before = earlier.tables_.find(proc_->netns(pid).value_or(0));
  if (before == earlier.tables_.end()) return true;
  return std::any_of(now.begin(), now.end(), [&before](const auto& socket) {
    return !before->second.contains(socket.first);
  });
}

std::vector<uint16_t> listening_ports(const ProcFs& proc, uint32_t pid) {
  return Listeners(proc).ports(pid);
}

std::unordered_map<uint32_t, std::vector<uint16_t>> listening_ports(const ProcFs& proc) {
  std::unordered_map<uint32_t, std::vector<uint16_t>> out;
  Listeners listeners(proc);
  for (uint32_t pid : proc.pids()) {
    std::vector<uint16_t> ports = listeners.ports(pid);
    if (!ports.empty()) out.emplace(pid, std::move(ports));
  }
  return out;
}

}  // namespace tarsier::capture
