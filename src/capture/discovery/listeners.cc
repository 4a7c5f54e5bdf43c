#include <algorithm>

#include "capture/discovery/discovery.h"
#include "capture/discovery/proc_text.h"

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

std::vector<uint16_t> ports_of(const ProcFs& proc, uint32_t pid, const PortsByInode& listening) {
  std::vector<uint16_t> ports;
  if (listening.empty()) return ports;
  for (uint64_t inode : proc.socket_inodes(pid)) {
    auto hit = listening.find(inode);
    if (hit != listening.end()) ports.push_back(hit->second);
  }
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
  return ports;
}

}  // namespace

std::vector<uint16_t> listening_ports(const ProcFs& proc, uint32_t pid) {
  return ports_of(proc, pid, read_tables(proc, pid));
}

std::unordered_map<uint32_t, std::vector<uint16_t>> listening_ports(const ProcFs& proc) {
  std::unordered_map<uint32_t, std::vector<uint16_t>> out;
  std::unordered_map<uint32_t, PortsByInode> tables;  // by network namespace
  for (uint32_t pid : proc.pids()) {
    auto netns = proc.netns(pid);
    if (!netns) continue;
    auto [table, first] = tables.try_emplace(*netns);
    if (first) table->second = read_tables(proc, pid);
    std::vector<uint16_t> ports = ports_of(proc, pid, table->second);
    if (!ports.empty()) out.emplace(pid, std::move(ports));
  }
  return out;
}

}  // namespace tarsier::capture
