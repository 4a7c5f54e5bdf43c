// For tests with the real kernel: a probe, its reader, and sockets to be seen. Others may be busy
// on the same host, so a test looks at this program's processes only, or at a network of its own.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <net/if.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <functional>
#include <string>
#include <string_view>
#include <thread>

#include "base/fd.h"
#include "capture/probe.h"
#include "capture/reader.h"
#include "capture/testing/recording_handler.h"

namespace tarsier::capture::testing {

struct Address {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
  uint16_t port() const {
    return ntohs(reinterpret_cast<const sockaddr_in*>(&storage)->sin_port);  // the same in IPv6
  }
};

inline Address loopback(int family) {
  Address out;
  if (family == AF_INET6) {
    auto* v6 = reinterpret_cast<sockaddr_in6*>(&out.storage);
    v6->sin6_family = AF_INET6;
    v6->sin6_addr = in6addr_loopback;
    out.size = sizeof *v6;
  } else {
    auto* v4 = reinterpret_cast<sockaddr_in*>(&out.storage);
    v4->sin_family = AF_INET;
    v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    out.size = sizeof *v4;
  }
  return out;
}

// A listener on a free port, and pairs of connected sockets through it.
class Listener {
 public:
  explicit Listener(int family = AF_INET) : address_(loopback(family)), family_(family) {
    socket_ = Fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::bind(socket_.get(), address_.get(), address_.size), 0);
    EXPECT_EQ(::listen(socket_.get(), 64), 0);
    EXPECT_EQ(::getsockname(socket_.get(), address_.get(), &address_.size), 0);
  }
  struct Pair {
    Fd client, server;
  };
  Pair connect() {
    Pair pair;
    pair.client = Fd(::socket(family_, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(pair.client.get(), address_.get(), address_.size), 0);
    pair.server = Fd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    EXPECT_TRUE(pair.server);
    return pair;
  }
  uint16_t port() const { return address_.port(); }

 private:
  Address address_;
  int family_;
  Fd socket_;
};

inline void send_all(const Fd& to, std::string_view bytes) {
  ASSERT_EQ(::write(to.get(), bytes.data(), bytes.size()), static_cast<ssize_t>(bytes.size()));
}

// One read of at most `max` bytes.
inline std::string receive(const Fd& from, size_t max = 65536) {
  std::string out(max, '\0');
  ssize_t got = ::read(from.get(), out.data(), out.size());
  out.resize(got > 0 ? static_cast<size_t>(got) : 0);
  return out;
}

inline uint64_t cookie_of(const Fd& socket) {
  uint64_t cookie = 0;
  socklen_t size = sizeof cookie;
  EXPECT_EQ(::getsockopt(socket.get(), SOL_SOCKET, SO_COOKIE, &cookie, &size), 0);
  return cookie;
}

// While it lives, this process and its new children are in a network namespace of their own.
class OwnNetwork {
 public:
  OwnNetwork() : before_(::open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC)) {
    EXPECT_EQ(::unshare(CLONE_NEWNET), 0);
    Fd socket(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    ifreq request{};
    std::memcpy(request.ifr_name, "lo", 3);
    request.ifr_flags = IFF_UP | IFF_RUNNING;
    EXPECT_EQ(::ioctl(socket.get(), SIOCSIFFLAGS, &request), 0);
  }
  ~OwnNetwork() { EXPECT_EQ(::setns(before_.get(), CLONE_NEWNET), 0); }
  OwnNetwork(const OwnNetwork&) = delete;

  // Of every process that serves in it.
  static ProbeOptions options() {
    ProbeOptions out;
    out.netns = "self";
    return out;
  }

 private:
  Fd before_;
};

class KernelTest : public ::testing::Test {
 protected:
  // Requests of this program's processes; no flows, which are of everybody.
  static ProbeOptions own_program() {
    ProbeOptions out;
    out.network = false;
    out.instrument.emplace_back().exe_path = std::filesystem::read_symlink("/proc/self/exe");
    return out;
  }

  void attach(const ProbeOptions& options) {
    auto probe = Probe::attach(options);
    ASSERT_TRUE(probe) << probe.error().message;
    probe_ = std::move(*probe);
  }

  void start(const ProbeOptions& options) {
    attach(options);
    if (probe_) open_reader();
  }

  void open_reader() {
    reader_.reset();
    auto descriptors = probe_->handover();
    ASSERT_TRUE(descriptors) << descriptors.error().message;
    auto reader = Reader::open(*descriptors);
    ASSERT_TRUE(reader) << reader.error().message;
    reader_ = std::move(*reader);
  }

  // Lets probe and reader work until the condition holds; false after 3 seconds.
  bool until(const std::function<bool()>& condition) {
    auto end = std::chrono::steady_clock::now() + std::chrono::seconds(3);
    while (!condition()) {
      if (std::chrono::steady_clock::now() > end) return false;
      step();
    }
    return true;
  }

  void step() {
    ASSERT_TRUE(probe_->poll(1));
    auto polled = reader_->poll(handler_, 5);
    ASSERT_TRUE(polled) << polled.error().message;
  }

  // What was seen of a connection, given its server's port: the server's end or the client's.
  const ts_open* opened(uint16_t port, ts_role role) const {
    for (const ts_open& open : handler_.opens) {
      uint16_t own = role == TS_ROLE_SERVER ? open.tuple.local_port : open.tuple.peer_port;
      if (own == port && open.role == role && open.header.pid == pid_) return &open;
    }
    return nullptr;
  }
  std::vector<RecordingHandler::Data> data_of(uint64_t cookie) const {
    std::vector<RecordingHandler::Data> out;
    for (const auto& data : handler_.data) {
      if (data.event.header.cookie == cookie) out.push_back(data);
    }
    return out;
  }
  std::vector<RecordingHandler::Data> data_of(uint16_t port, ts_role role) const {
    const ts_open* open = opened(port, role);
    return open ? data_of(open->header.cookie) : std::vector<RecordingHandler::Data>();
  }

  bool closed(uint64_t cookie) const {
    return std::any_of(handler_.closes.begin(), handler_.closes.end(),
                       [cookie](const ts_header& close) { return close.cookie == cookie; });
  }

  const uint32_t pid_ = static_cast<uint32_t>(::getpid());
  std::shared_ptr<Probe> probe_;
  std::unique_ptr<Reader> reader_;
  RecordingHandler handler_;
};

}  // namespace tarsier::capture::testing
