// A folder that looks like /proc, for tests.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "capture/discovery/procfs.h"

namespace tarsier::capture {

struct FakeProcess {
  std::string exe = "/usr/bin/thing";  // what the link says
  std::vector<std::string> arguments, environment;
  std::string cwd = "/";
  std::string cgroup = "0::/\n", mountinfo, maps;
  uint32_t parent = 1, netns = 1;
  uint64_t start_time = 100, stack_start = 0;
  char state = 'S';
  std::vector<uint64_t> sockets;
};

class FakeProc {
 public:
  FakeProc() {
    std::string name = (std::filesystem::temp_directory_path() / "fake-proc-XXXXXX").string();
    root_ = ::mkdtemp(name.data());
  }
  ~FakeProc() { std::filesystem::remove_all(root_); }

  void add(uint32_t pid, const FakeProcess& process) {
    remove(pid);
    write(pid, "stat", stat(pid, process));
    write(pid, "cmdline", joined(process.arguments));
    write(pid, "environ", joined(process.environment));
    write(pid, "cgroup", process.cgroup);
    write(pid, "mountinfo", process.mountinfo);
    write(pid, "maps", process.maps);
    link(pid, "exe", process.exe);
    link(pid, "cwd", process.cwd);
    link(pid, "ns/net", "net:[" + std::to_string(process.netns) + "]");
    std::filesystem::create_directories(path(pid, "root"));
    std::filesystem::create_directories(path(pid, "fd"));
    int fd = 3;
    for (uint64_t inode : process.sockets) {
      link(pid, "fd/" + std::to_string(fd++), "socket:[" + std::to_string(inode) + "]");
    }
  }
  void remove(uint32_t pid) { std::filesystem::remove_all(path(pid, "")); }

  void write(uint32_t pid, const std::string& file, const std::string& text) {
    std::filesystem::create_directories(std::filesystem::path(path(pid, file)).parent_path());
    std::ofstream(path(pid, file), std::ios::binary) << text;
  }
  void link(uint32_t pid, const std::string& file, const std::string& target) {
    std::filesystem::create_directories(std::filesystem::path(path(pid, file)).parent_path());
    std::filesystem::create_symlink(target, path(pid, file));
  }
  std::string path(uint32_t pid, const std::string& file) const {
    return root_ + "/" + std::to_string(pid) + "/" + file;
  }
  ProcFs proc() const { return ProcFs(root_); }

  // Lines of net/tcp: local port, state (10: LISTEN), inode of the socket.
  static std::string tcp_line(uint16_t port, int state, uint64_t inode) {
    char line[256];
    std::snprintf(line, sizeof(line),
                  "   0: 0100007F:%04X 00000000:0000 %02X 00000000:00000000 00:00000000 00000000  "
                  "   0        0 %lu 1 0000000000000000 100 0 0 10 0\n",
                  port, state, static_cast<unsigned long>(inode));
    return line;
  }

 private:
  static std::string stat(uint32_t pid, const FakeProcess& process) {
    std::string text =
        std::to_string(pid) + " (a) b) " + process.state + " " + std::to_string(process.parent);
    for (int i = 0; i < 17; i++) text += " 0";
    text += " " + std::to_string(process.start_time) + " 0 0 0 0 0 ";
    return text + std::to_string(process.stack_start) + " 0\n";
  }
  static std::string joined(const std::vector<std::string>& words) {
    std::string out;
    for (const std::string& word : words) out += word + '\0';
    return out;
  }

  std::string root_;
};

}  // namespace tarsier::capture
