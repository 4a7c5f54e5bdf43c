#include <netinet/in.h>
#include <sys/sendfile.h>
#include <sys/uio.h>

#include "capture/testing/kernel_fixture.h"

namespace tarsier::capture::testing {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

// Every test runs with both sources of events. Attaching takes half a second, so the tests of one
// source share a probe: each is a new worker to it.
class Sockets : public KernelTest, public ::testing::WithParamInterface<Source> {
 protected:
  static void TearDownTestSuite() { shared_.clear(); }
  void SetUp() override {
    std::shared_ptr<Probe>& shared = shared_[GetParam()];
    if (shared) {
      probe_ = shared;
      return open_reader();
    }
    ProbeOptions options = own_program();
    options.source = GetParam();
    start(options);
    shared = probe_;
  }

 private:
  static inline std::map<Source, std::shared_ptr<Probe>> shared_;
};

INSTANTIATE_TEST_SUITE_P(Sources, Sockets, ::testing::Values(Source::kSockets, Source::kSyscalls),
                         [](const auto& test) {
                           return test.param == Source::kSockets ? "Sockets" : "Syscalls";
                         });

TEST_P(Sockets, BothEndsOfARequest) {
  Listener listener;
  uint64_t client_cookie = 0, server_cookie = 0;
  {
    auto [client, server] = listener.connect();
    send_all(client, kGet);
    receive(server);
    send_all(server, kOk);
    receive(client);
    client_cookie = cookie_of(client);
    server_cookie = cookie_of(server);
  }
  ASSERT_TRUE(until([&] { return closed(client_cookie) && closed(server_cookie); }));
  auto server = data_of(listener.port(), TS_ROLE_SERVER);
  auto client = data_of(listener.port(), TS_ROLE_CLIENT);
  ASSERT_EQ(server.size(), 2u);
  ASSERT_EQ(client.size(), 2u);
  EXPECT_EQ(server[0].payload, kGet);
  EXPECT_EQ(server[0].event.direction, TS_RECEIVE);
  EXPECT_EQ(server[1].payload, kOk);
  EXPECT_EQ(server[1].event.direction, TS_SEND);
  EXPECT_EQ(client[0].payload, kGet);
  EXPECT_EQ(client[0].event.tcp_seq, server[0].event.tcp_seq) << "the two ends are joined by it";
  EXPECT_EQ(client[1].event.tcp_seq, server[1].event.tcp_seq);
  EXPECT_EQ(server[0].event.header.pid, pid_);
  EXPECT_EQ(server[0].event.offset, 0u);
  const ts_open* open = opened(listener.port(), TS_ROLE_SERVER);
  EXPECT_FALSE(open->late);
  EXPECT_EQ(open->tuple.local_address[12], 127);
  EXPECT_EQ(open->tuple.local_address[10], 0xff);
  EXPECT_NE(open->tuple.netns, 0u);
  EXPECT_EQ(handler_.processes.count(pid_), 1u);
}

TEST_P(Sockets, Ipv6) {
  Listener listener(AF_INET6);
  auto [client, server] = listener.connect();
  send_all(client, kGet);
  receive(server);
  ASSERT_TRUE(until([&] { return !data_of(listener.port(), TS_ROLE_SERVER).empty(); }));
  const ts_open* open = opened(listener.port(), TS_ROLE_SERVER);
  EXPECT_EQ(open->tuple.local_address[15], 1);
  EXPECT_EQ(open->tuple.local_address[10], 0);
}

TEST_P(Sockets, SplitReadsKeepTheirOffsets) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, kGet);
  receive(server, 1);
  receive(server, 2);
  receive(server);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 3; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  std::string all;
  for (const auto& part : data) {
    EXPECT_EQ(part.event.offset, all.size());
    all += part.payload;
  }
  EXPECT_EQ(all, kGet);
}

TEST_P(Sockets, ARequestReadAlongWithTheClientsEnd) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, kGet);
  ::shutdown(client.get(), SHUT_WR);
  receive(server, 1);
  receive(server);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 2; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  EXPECT_EQ(data[1].event.offset, 1u);
  EXPECT_EQ(data[1].event.tcp_seq, data[0].event.tcp_seq + 1);
  EXPECT_EQ(data[1].payload, kGet.substr(1));
}

TEST_P(Sockets, ARequestReadAfterTheClientsReset) {
  Listener listener;
  auto [client, server] = listener.connect();
  uint64_t cookie = cookie_of(server);
  send_all(client, kGet);
  receive(server, 1);
  linger now{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(client.get(), SOL_SOCKET, SO_LINGER, &now, sizeof now);
  client = Fd();
  receive(server);
  server = Fd();
  ASSERT_TRUE(until([&] { return closed(cookie); }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  ASSERT_EQ(data.size(), 2u);
  EXPECT_EQ(data[1].event.offset, 1u);
  EXPECT_EQ(data[1].payload, kGet.substr(1));
}

TEST_P(Sockets, PeekedBytesAreNotCounted) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, kGet);
  char buffer[100];
  ASSERT_GT(::recv(server.get(), buffer, sizeof buffer, MSG_PEEK), 0);
  iovec vector{buffer, sizeof buffer};
  msghdr message{};
  message.msg_iov = &vector;
  message.msg_iovlen = 1;
  ASSERT_GT(::recvmsg(server.get(), &message, MSG_PEEK), 0);
  receive(server);
  ASSERT_TRUE(until([&] { return !data_of(listener.port(), TS_ROLE_SERVER).empty(); }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  ASSERT_EQ(data.size(), 1u);
  EXPECT_EQ(data[0].event.length, kGet.size());
}

TEST_P(Sockets, ScatteredBuffers) {
  Listener listener;
  auto [client, server] = listener.connect();
  std::string get(kGet), first(10, '\0'), second(100, '\0');
  iovec out[2] = {{get.data(), 7}, {get.data() + 7, get.size() - 7}};
  ASSERT_EQ(::writev(client.get(), out, 2), static_cast<ssize_t>(get.size()));
  iovec in[2] = {{first.data(), first.size()}, {second.data(), second.size()}};
  ASSERT_EQ(::readv(server.get(), in, 2), static_cast<ssize_t>(get.size()));
  std::string ok(kOk);
  iovec answer[3] = {{ok.data(), 3}, {ok.data() + 3, 5}, {ok.data() + 8, ok.size() - 8}};
  msghdr message{};
  message.msg_iov = answer;
  message.msg_iovlen = 3;
  ASSERT_EQ(::sendmsg(server.get(), &message, 0), static_cast<ssize_t>(ok.size()));
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 2; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  EXPECT_EQ(data[0].payload, kGet);
  EXPECT_EQ(data[1].payload, kOk);
  EXPECT_EQ(data_of(listener.port(), TS_ROLE_CLIENT)[0].payload, kGet);
}

TEST_P(Sockets, SendfileIsCountedWithoutItsBytes) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, kGet);
  receive(server);
  send_all(server, "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n");
  Fd file(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  ASSERT_EQ(::sendfile(server.get(), file.get(), nullptr, 1000), 1000);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 3; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  EXPECT_EQ(data[2].event.length, 1000u);
  EXPECT_EQ(data[2].event.captured, 0u);
  EXPECT_TRUE(data[2].event.flags & TS_DATA_NO_BUFFER);
}

TEST_P(Sockets, PipelinedRequestsAreCopiedWhole) {
  Listener listener;
  auto [client, server] = listener.connect();
  std::string all;
  while (all.size() < 40'000) all += kGet;
  send_all(client, all);
  std::string got;
  while (got.size() < all.size()) got += receive(server);
  std::string seen;
  ASSERT_TRUE(until([&] {
    seen.clear();
    for (const auto& part : data_of(listener.port(), TS_ROLE_SERVER)) {
      EXPECT_EQ(part.event.captured, part.event.length);
      seen += part.payload;
    }
    return seen.size() >= all.size();
  }));
  EXPECT_EQ(seen, all);
}

TEST_P(Sockets, BodiesCostLittle) {
  Listener listener;
  auto [client, server] = listener.connect();
  std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  send_all(client, kGet);
  receive(server);
  send_all(server, head);
  for (int i = 0; i < 10; i++) {
    send_all(server, std::string(50'000, 'x'));
    for (size_t got = 0; got < 50'000;) got += receive(client).size();
  }
  send_all(server, std::string(50, 'y') + "\r\n0\r\n\r\n");
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 13; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  size_t captured = 0, length = 0;
  for (const auto& part : data) {
    if (part.event.direction != TS_SEND) continue;
    captured += part.event.captured;
    length += part.event.length;
  }
  EXPECT_EQ(length, head.size() + 500'000 + 57);
  EXPECT_LE(captured, 4096u);
  EXPECT_EQ(std::string(reinterpret_cast<const char*>(data.back().event.tail), TS_TAIL),
            "y\r\n0\r\n\r\n");
}

TEST_P(Sockets, OtherProtocolsBecomeQuiet) {
  Listener listener;
  auto [client, server] = listener.connect();
  for (int i = 0; i < 50; i++) {
    send_all(client, "*1\r\n$4\r\nPING\r\n");
    receive(server);
    send_all(server, "+PONG\r\n");
    receive(client);
  }
  auto [other_client, other_server] = listener.connect();
  send_all(other_client, kGet);  // comes after all of the above
  receive(other_server);
  ASSERT_TRUE(until([&] { return !data_of(cookie_of(other_server)).empty(); }));
  auto data = data_of(cookie_of(server));
  EXPECT_LE(data.size(), static_cast<size_t>(TS_QUIET_AFTER));
  EXPECT_TRUE(data.back().event.flags & TS_DATA_QUIET);
}

TEST_P(Sockets, AClientOfAnotherProtocolIsToldByTurns) {
  Listener listener;
  auto [client, server] = listener.connect();
  const std::string question = "*1\r\n$200\r\n" + std::string(200, 'q') + "\r\n";
  for (int i = 0; i < 50; i++) {
    send_all(client, question);
    send_all(client, question);
    receive(server, 2 * question.size());
    send_all(server, "+PONG\r\n");
    receive(client);
  }
  ASSERT_TRUE(until([&] { return data_of(cookie_of(client)).size() >= 150; }));
  auto data = data_of(cookie_of(client));
  ASSERT_EQ(data.size(), 150u);
  for (size_t i = 0; i < data.size(); i += 3) {
    EXPECT_EQ(data[i].payload, question.substr(0, TS_CAPTURE_ASKED));
    EXPECT_EQ(data[i + 1].payload, question.substr(0, TS_CAPTURE_ASKED));
    EXPECT_EQ(data[i + 1].event.length, question.size());
    EXPECT_EQ(data[i + 2].payload, "+PONG\r\n");
    EXPECT_EQ(data[i + 2].event.direction, TS_RECEIVE);
  }
}

TEST_P(Sockets, AStreamOfAnotherProtocolIsNotTold) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, "give me all");
  receive(server);
  for (int i = 0; i < 5'000; i++) {
    send_all(server, "news");
    receive(client);
  }
  send_all(client, "thank you");
  ASSERT_TRUE(until([&] {
    auto data = data_of(cookie_of(client));
    return !data.empty() && data.back().payload == "thank you";
  }));
  auto data = data_of(cookie_of(client));
  EXPECT_LT(data.size(), 1'100u);
  EXPECT_EQ(data.back().event.offset, 11u);
}

TEST_P(Sockets, AClientOfStreamsAloneBecomesQuiet) {
  Listener listener;
  auto [client, server] = listener.connect();
  for (int turn = 0; turn < 12; turn++) {
    for (int i = 0; i < 300; i++) {
      send_all(client, "news");
      receive(server);
    }
    send_all(server, "I hear");
    receive(client);
  }
  ASSERT_TRUE(until([&] {
    auto data = data_of(cookie_of(client));
    return !data.empty() && data.back().event.flags & TS_DATA_QUIET;
  }));
}

TEST_P(Sockets, HttpBehindAPrefaceIsSeen) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, "\5\1hello proxy");
  receive(server);
  send_all(server, "\5\1hello");
  receive(client);
  const std::string get = "GET /" + std::string(500, 'a') + " HTTP/1.1\r\n\r\n";
  send_all(client, get);
  ASSERT_TRUE(until([&] { return data_of(cookie_of(client)).size() >= 3; }));
  EXPECT_EQ(data_of(cookie_of(client))[2].payload, get);
}

TEST_P(Sockets, AnUpgradedConnectionIsOnlyCounted) {
  Listener listener;
  auto [client, server] = listener.connect();
  send_all(client, "GET /ws HTTP/1.1\r\nUpgrade: websocket\r\n\r\n");
  receive(server);
  send_all(server, "HTTP/1.1 101 Switching Protocols\r\n\r\n");
  receive(client);
  send_all(client, "frame");
  receive(server);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 3; }));
  auto data = data_of(listener.port(), TS_ROLE_SERVER);
  EXPECT_EQ(data[2].event.length, 5u);
  EXPECT_EQ(data[2].event.captured, 0u);
}

TEST_P(Sockets, AFullRingIsReported) {
  ProbeOptions options = own_program();
  options.source = GetParam();
  options.ring_bytes = 64 << 10;
  start(options);
  Listener listener;
  auto [client, server] = listener.connect();
  for (int i = 0; i < 500; i++) {
    send_all(client, std::string(kGet) + std::string(1000, 'x'));
    receive(server);
  }
  ASSERT_TRUE(until([this] { return handler_.lost > 0; }));
  send_all(client, kGet);
  receive(server);
  std::vector<RecordingHandler::Data> data;
  ASSERT_TRUE(until([&] {
    data = data_of(cookie_of(server));
    return !data.empty() && data.back().payload == kGet;
  })) << "it goes on after";
  EXPECT_EQ(data.back().event.offset, 500 * (kGet.size() + 1000)) << "lost calls count on";
}

}  // namespace
}  // namespace tarsier::capture::testing
