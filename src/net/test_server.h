// For the tests of this room: a raw loopback connection, and a server on a free port.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/fd.h"
#include "net/server.h"

namespace tarsier::net {

class RawConnection {
 public:
  explicit RawConnection(uint16_t port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int on = 1;
    ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    EXPECT_EQ(::connect(fd_.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  }

  void send(std::string_view bytes) {
    while (!bytes.empty()) {
      ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (n <= 0) return;  // the server may have closed: the test looks at what it said
      bytes.remove_prefix(static_cast<size_t>(n));
    }
  }
  // Everything that comes until the pattern has been seen `times` times, the stream ends, or 5 s
  // pass.
  std::string receive(std::string_view until = {}, int times = 1) {
    char chunk[65536];
    while (until.empty() || count(until) < times) {
      pollfd entry{fd_.get(), POLLIN, 0};
      if (::poll(&entry, 1, 5000) <= 0) break;
      ssize_t n = ::recv(fd_.get(), chunk, sizeof(chunk), 0);
      if (n <= 0) {
        closed_ = true;
        break;
      }
      received_.append(chunk, static_cast<size_t>(n));
    }
    return std::exchange(received_, {});
  }
  bool closed() const { return closed_; }
  void shutdown_send() { ::shutdown(fd_.get(), SHUT_WR); }
  int fd() const { return fd_.get(); }

 private:
  int count(std::string_view pattern) const {
    int n = 0;
    for (size_t at = 0; (at = received_.find(pattern, at)) != received_.npos; at++) n++;
    return n;
  }
  Fd fd_;
  std::string received_;
  bool closed_ = false;
};

struct TestServer {
  explicit TestServer(Router router, ServerOptions options = {}, GrpcService grpc = {})
      : server(options) {
    auto listening = server.listen("test", "127.0.0.1", 0, std::move(router), std::move(grpc));
    EXPECT_TRUE(listening) << listening.error().message;
    server.start();
  }
  uint16_t port() const { return server.port("test"); }
  // One request on a connection of its own: everything the server says.
  std::string talk(std::string_view bytes) {
    RawConnection connection(port());
    connection.send(bytes);
    return connection.receive();
  }
  Server server;
};

}  // namespace tarsier::net
