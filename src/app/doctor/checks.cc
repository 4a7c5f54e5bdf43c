#include "app/doctor/checks.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/timex.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "app/privilege/privilege.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/port_owner.h"

namespace tarsier::app {
namespace {

constexpr uint64_t kDiskMin = 256 << 20;  // free bytes below which storing is likely to stop soon
constexpr int64_t kSlowSync = 50 * kMillisecond;

// The folder itself, or the one above it in which it would be made.
std::filesystem::path nearest(std::filesystem::path folder) {
  std::error_code error;
  folder = std::filesystem::absolute(folder, error);
  while (folder.has_relative_path() && !std::filesystem::exists(folder, error)) {
    folder = folder.parent_path();
  }
  return folder;
}

// A file without a name, which nobody has to remove.
Result<int64_t> sync_latency(const std::filesystem::path& folder) {
  Fd file(::open(folder.c_str(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600));
  if (!file) return io_error("cannot write in " + folder.string());
  std::array<char, 4'096> block{};
  std::array<int64_t, 5> times{};
  for (int64_t& time : times) {
    int64_t start = system_clock().monotonic_ns();
    if (::write(file.get(), block.data(), block.size()) < 0 || ::fsync(file.get()) != 0) {
      return io_error("cannot write in " + folder.string());
    }
    time = system_clock().monotonic_ns() - start;
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

std::string size_text(uint64_t bytes) {
  return bytes >= 1 << 30 ? fmt::format("{:.1f} GiB", static_cast<double>(bytes) / (1 << 30))
                          : fmt::format("{} MiB", bytes >> 20);
}

// 0 or an errno; as the server binds.
int try_bind(const sockaddr* address, socklen_t size) {
  Fd socket(::socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket) return errno;
  int on = 1;
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (::bind(socket.get(), address, size) != 0) return errno;
  return ::listen(socket.get(), 1) == 0 ? 0 : errno;
}

int try_listen(const std::string& address, uint16_t port) {
  sockaddr_in v4{};
  sockaddr_in6 v6{};
  if (::inet_pton(AF_INET, address.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    return try_bind(reinterpret_cast<sockaddr*>(&v4), sizeof(v4));
  }
  if (::inet_pton(AF_INET6, address.c_str(), &v6.sin6_addr) != 1) return EINVAL;
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  return try_bind(reinterpret_cast<sockaddr*>(&v6), sizeof(v6));
}

std::string fix_of_port(int error, const std::string& owner, const std::string& setting) {
  switch (error) {
    case EADDRINUSE:
      return owner.starts_with("tarsier (")
                 ? "tarsier runs already: use it, or stop it first"
                 : fmt::format("stop that process, or set {} to another port", setting);
    case EACCES:
      return fmt::format("only root may listen there: set {} to a port above 1023", setting);
    default:
      return "set server.address to an address of this host, e.g. 127.0.0.1 or 0.0.0.0";
  }
}

}  // namespace

Feature check_folder(const std::filesystem::path& folder, int64_t retention_bytes) {
  std::filesystem::path where = nearest(folder);
  std::string fix = "set data (--data DIR) to a folder on a disk that can be written to";
  Result<int64_t> latency = sync_latency(where);
  if (!latency) return {"data folder", false, latency.error().message, fix, true};
  struct statvfs disk{};
  uint64_t free = ::statvfs(where.c_str(), &disk) == 0 ? disk.f_bavail * disk.f_frsize : 0;
  std::string detail = fmt::format("{}: {} free, a sync takes {:.1f} ms", folder.string(),
                                   size_text(free), static_cast<double>(*latency) / 1e6);
  if (free < kDiskMin) return {"data folder", false, detail, "free some space, or " + fix, true};
  if (free < static_cast<uint64_t>(std::max<int64_t>(retention_bytes, 0))) {
    return {"data folder", false, detail,
            fmt::format("less than store.retention_bytes ({}): free some space, or lower it",
                        size_text(static_cast<uint64_t>(retention_bytes))),
            false};
  }
  if (*latency > kSlowSync) {
    return {"data folder", false, detail, "a slow disk: each write waits for it; use another",
            false};
  }
  return {"data folder", true, detail, "", true};
}

Feature check_port(const std::string& address, int64_t port, const std::string& what,
                   const std::string& setting) {
  Feature out{fmt::format("port {}", port), true, what, "", true};
  int error = try_listen(address, static_cast<uint16_t>(port));
  if (error == 0) return out;
  std::string owner;
  if (error == EADDRINUSE) owner = port_owner(static_cast<uint16_t>(port));
  out.works = false;
  out.detail = error != EADDRINUSE
                   ? fmt::format("{}: {} on {}", what, std::strerror(error), address)
                   : fmt::format("{}: taken by {}", what,
                                 owner.empty() ? "a process that cannot be seen" : owner);
  out.fix = fix_of_port(error, owner, setting);
  return out;
}

std::vector<Feature> check_ports(const Config::Server& server) {
  return {
      check_port(server.address, server.port, "the UI and every API", "server.port"),
      check_port(server.address, server.prometheus_port, "Prometheus and Mimir API",
                 "server.prometheus_port"),
      check_port(server.address, server.loki_port, "Loki API", "server.loki_port"),
      check_port(server.address, server.tempo_port, "Tempo API", "server.tempo_port"),
      check_port(server.address, server.otlp_grpc_port, "OTLP over gRPC", "server.otlp_grpc_port"),
      check_port(server.address, server.otlp_http_port, "OTLP over HTTP", "server.otlp_http_port"),
  };
}

Feature check_user(const std::string& name) {
  Result<User> user = find_user(name);
  if (user) return {"worker's user", true, fmt::format("{} ({})", name, user->uid), "", true};
  return {"worker's user", false, user.error().message,
          "set capture.user to a user of this host, e.g. nobody", true};
}

Feature check_clock() {
  timex state{};
  bool synchronised = ::adjtimex(&state) != TIME_ERROR && (state.status & STA_UNSYNC) == 0;
  if (synchronised) return {"clock", true, "synchronised", "", false};
  return {"clock", false, "not known to be synchronised: times may differ from other hosts'",
          "run a time service, e.g. apt install systemd-timesyncd", false};
}

}  // namespace tarsier::app
