#include "base/port_owner.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "base/fd.h"

namespace tarsier {
namespace {

uint16_t listen_anywhere(const Fd& fd) {
  EXPECT_EQ(::listen(fd.get(), 1), 0);
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  EXPECT_EQ(::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size), 0);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

TEST(PortOwner, NamesTheProcess) {
  for (int family : {AF_INET, AF_INET6}) {
    Fd fd(::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(port_owner(listen_anywhere(fd)), fmt::format("base_test (pid {})", ::getpid()));
  }
}

TEST(PortOwner, NobodyListens) {
  uint16_t port = 0;
  {
    Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    port = listen_anywhere(fd);
  }
  EXPECT_EQ(port_owner(port), "");
}

}  // namespace
}  // namespace tarsier
