// Flow counters beside the kernel's own.
#include <netinet/in.h>

#include <linux/tcp.h>

#include "capture/testing/kernel_fixture.h"

namespace tarsier::capture::testing {
namespace {

class Flows : public KernelTest, public ::testing::WithParamInterface<Source> {
 protected:
  // Nothing of this process is watched: flows are of everybody.
  void SetUp() override {
    ProbeOptions options = own_program();
    options.network = true;
    options.source = GetParam();
    options.own_pids = {pid_};
    options.flow_interval_ms = 200;
    start(options);
  }

  const ts_flow* last_flow(uint16_t local_port, uint16_t peer_port) const {
    const ts_flow* found = nullptr;
    for (const ts_flow& flow : handler_.flows) {
      bool local = !local_port || flow.tuple.local_port == local_port;
      bool peer = !peer_port || flow.tuple.peer_port == peer_port;
      if (local && peer && flow.header.pid == pid_) found = &flow;
    }
    return found;
  }
};
INSTANTIATE_TEST_SUITE_P(Sources, Flows, ::testing::Values(Source::kSockets, Source::kSyscalls));

tcp_info info_of(const Fd& socket) {
  tcp_info info{};
  socklen_t size = sizeof info;
  EXPECT_EQ(::getsockopt(socket.get(), IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  return info;
}

void transfer(const Listener::Pair& pair, size_t bytes) {
  std::string chunk(50'000, 'x');
  for (size_t sent = 0; sent < bytes; sent += chunk.size()) {
    send_all(pair.client, chunk);
    for (size_t got = 0; got < chunk.size();) got += receive(pair.server).size();
  }
}

TEST_P(Flows, TcpAtItsEndEqualsTcpInfo) {
  Listener listener;
  tcp_info client{}, server{};
  {
    auto pair = listener.connect();
    transfer(pair, 1'000'000);
    client = info_of(pair.client);
    server = info_of(pair.server);
  }
  uint16_t port = listener.port();
  ASSERT_TRUE(until([&] { return last_flow(port, 0) && last_flow(0, port); }));
  const ts_flow* sent = last_flow(0, port);
  const ts_flow* received = last_flow(port, 0);
  EXPECT_TRUE(sent->last);
  EXPECT_NE(sent->tuple.local_port, 0);
  EXPECT_EQ(sent->sent_bytes, 1'000'000u);
  EXPECT_NEAR(static_cast<double>(sent->sent_bytes), static_cast<double>(client.tcpi_bytes_acked),
              10);
  EXPECT_NEAR(static_cast<double>(received->received_bytes),
              static_cast<double>(server.tcpi_bytes_received), 10);
  EXPECT_NEAR(static_cast<double>(sent->sent_packets), client.tcpi_segs_out, 4);
  EXPECT_EQ(sent->role, TS_ROLE_CLIENT);
  EXPECT_EQ(received->role, TS_ROLE_SERVER);
  EXPECT_EQ(sent->header.pid, pid_);
}

TEST_P(Flows, LiveConnectionsAreReportedToo) {
  Listener listener;
  auto pair = listener.connect();
  transfer(pair, 100'000);
  ASSERT_TRUE(until([&] { return last_flow(0, listener.port()); }));
  const ts_flow* flow = last_flow(0, listener.port());
  EXPECT_FALSE(flow->last);
  EXPECT_EQ(flow->sent_bytes, 100'000u);
}

TEST_P(Flows, UdpByPeer) {
  Address to = loopback(AF_INET), from = loopback(AF_INET);
  Fd server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  Fd client(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(server.get(), to.get(), to.size), 0);
  ASSERT_EQ(::getsockname(server.get(), to.get(), &to.size), 0);
  ASSERT_EQ(::bind(client.get(), from.get(), from.size), 0);
  ASSERT_EQ(::getsockname(client.get(), from.get(), &from.size), 0);
  char buffer[200];
  for (int i = 0; i < 10; i++) {
    ASSERT_EQ(::sendto(client.get(), "ping", 4, 0, to.get(), to.size), 4);
    Address peer;
    ASSERT_EQ(::recvfrom(server.get(), buffer, sizeof buffer, 0, peer.get(), &peer.size), 4);
    ASSERT_EQ(::sendto(server.get(), "pong!", 5, 0, peer.get(), peer.size), 5);
    ASSERT_EQ(::recvfrom(client.get(), buffer, sizeof buffer, 0, peer.get(), &peer.size), 5);
  }
  auto exchanged = [&] {
    const ts_flow* flow = last_flow(to.port(), from.port());
    return flow && flow->sent_packets == 10 && flow->received_packets == 10;
  };
  ASSERT_TRUE(until(exchanged));
  const ts_flow* flow = last_flow(to.port(), from.port());
  EXPECT_EQ(flow->tuple.protocol, IPPROTO_UDP);
  EXPECT_EQ(flow->received_bytes, 40u);
  EXPECT_EQ(flow->sent_bytes, 50u);
  EXPECT_EQ(flow->tuple.peer_address[12], 127);
}

}  // namespace
}  // namespace tarsier::capture::testing
