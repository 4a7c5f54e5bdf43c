#include "base/port_owner.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <set>

namespace tarsier {
namespace {

constexpr size_t kLinesMax = 100'000;  // listening sockets come first in the kernel's tables

// Adds the inodes of the sockets that listen on the port, from /proc/net/tcp or tcp6.
void add_inodes(const char* table, uint16_t port, std::set<std::string>& out) {
  std::ifstream in(table);
  std::string line, slot, local, peer, state, skip, inode;
  std::getline(in, line);
  const std::string ending = fmt::format(":{:04X}", port);
  for (size_t n = 0; n < kLinesMax && in >> slot >> local >> peer >> state; n++) {
    for (int i = 0; i < 5; i++) in >> skip;
    in >> inode;
    std::getline(in, line);
    if (state != "0A") break;
    if (local.ends_with(ending)) out.insert("socket:[" + inode + "]");
  }
}

bool holds_one_of(const std::filesystem::path& process, const std::set<std::string>& sockets) {
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator(process / "fd", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::error_code gone;
    if (sockets.contains(std::filesystem::read_symlink(entry->path(), gone).string())) return true;
  }
  return false;
}

}  // namespace

std::string port_owner(uint16_t port) {
  std::set<std::string> sockets;
  add_inodes("/proc/net/tcp", port, sockets);
  add_inodes("/proc/net/tcp6", port, sockets);
  if (sockets.empty()) return {};
  std::error_code error;
  for (auto entry = std::filesystem::directory_iterator("/proc", error);
       !error && entry != std::filesystem::directory_iterator(); entry.increment(error)) {
    std::string pid = entry->path().filename().string();
    if (pid.find_first_not_of("0123456789") != pid.npos) continue;
    if (!holds_one_of(entry->path(), sockets)) continue;
    std::string name;
    std::ifstream comm(entry->path() / "comm");
    std::getline(comm, name);
    return fmt::format("{} (pid {})", name, pid);
  }
  return {};
}

}  // namespace tarsier
