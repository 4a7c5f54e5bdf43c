// Processes and connections come and go, before and after the probe, seen by workers with no
// rights.
#include <sys/prctl.h>
#include <sys/wait.h>

#include <algorithm>

#include "base/clock.h"
#include "capture/testing/kernel_fixture.h"

namespace tarsier::capture::testing {
namespace {

constexpr std::string_view kGet = "GET /a HTTP/1.1\r\nHost: x\r\n\r\n";
constexpr std::string_view kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi";

class Life : public KernelTest {
 protected:
  static void exchange(const Listener::Pair& pair) {
    send_all(pair.client, kGet);
    receive(pair.server);
    send_all(pair.server, kOk);
    receive(pair.client);
  }
};

class LateAttach : public Life, public ::testing::WithParamInterface<Source> {};
INSTANTIATE_TEST_SUITE_P(Sources, LateAttach,
                         ::testing::Values(Source::kSockets, Source::kSyscalls));

TEST_P(LateAttach, OpenConnectionsAreTakenUp) {
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  ProbeOptions options = own_program();
  options.source = GetParam();
  start(options);
  exchange(pair);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_CLIENT).size() >= 2; }));
  EXPECT_TRUE(opened(listener.port(), TS_ROLE_SERVER)->late);
  EXPECT_TRUE(opened(listener.port(), TS_ROLE_CLIENT)->late);
  auto server = data_of(listener.port(), TS_ROLE_SERVER);
  ASSERT_EQ(server.size(), 2u);
  EXPECT_EQ(server[0].payload, kGet);
  EXPECT_EQ(server[0].event.offset, 0u) << "since first sight";
}

TEST_F(Life, TheNextWorkerHearsOfConnectionsAgain) {
  start(own_program());
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_SERVER).size() >= 2; }));
  handler_ = {};
  reader_.reset();
  exchange(pair);  // waits in the ring, as it was announced before
  open_reader();
  exchange(pair);
  uint64_t client = cookie_of(pair.client), server = cookie_of(pair.server);
  ASSERT_TRUE(until([&] { return data_of(client).size() >= 4 && data_of(server).size() >= 4; }));
  const ts_open* open = opened(listener.port(), TS_ROLE_SERVER);
  ASSERT_NE(open, nullptr);
  EXPECT_TRUE(open->late);
  EXPECT_EQ(open->header.cookie, server);
  EXPECT_EQ(data_of(server).size(), 4u);
  EXPECT_EQ(handler_.processes.count(pid_), 1u);
}

TEST_F(Life, WhatCameBeforeTheFirstWorkerIsAnnouncedToo) {
  attach(own_program());
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  open_reader();
  exchange(pair);
  ASSERT_TRUE(until([&] { return data_of(listener.port(), TS_ROLE_CLIENT).size() >= 4; }));
  EXPECT_EQ(data_of(listener.port(), TS_ROLE_SERVER).size(), 4u);
  EXPECT_FALSE(opened(listener.port(), TS_ROLE_SERVER)->late);
}

// Runs `body` in a child process, which may use no more than its exit code to answer.
int in_child(const std::function<int()>& body) {
  pid_t child = ::fork();
  if (child == 0) ::_exit(body());
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F(Life, AWorkerNeedsNoRights) {
  attach(own_program());
  auto descriptors = probe_->handover();
  ASSERT_TRUE(descriptors);
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  ASSERT_TRUE(probe_->poll(1));
  int code = in_child([&] {
    if (::setgid(65534) != 0 || ::setuid(65534) != 0) return 1;
    if (::prctl(PR_CAPBSET_READ, 0) < 0 || ::open("/proc/1/mem", O_RDONLY) >= 0) return 2;
    auto reader = Reader::open(*descriptors);
    if (!reader) return 3;
    RecordingHandler handler;
    for (int i = 0; i < 50 && handler.data.size() < 4; i++) {
      if (!(*reader)->poll(handler, 20)) return 4;
    }
    if (handler.data.size() < 4) return 5;
    return handler.processes.contains(pid_) ? 0 : 6;
  });
  EXPECT_EQ(code, 0);
}

TEST_F(Life, TheReaderNoticesThatTheProbeIsGone) {
  start(own_program());
  probe_.reset();
  Result<size_t> polled = size_t{0};
  for (int i = 0; i < 100 && polled; i++) polled = reader_->poll(handler_, 5);
  ASSERT_FALSE(polled);
  EXPECT_EQ(polled.error().code, Code::kUnavailable);
}

TEST_F(Life, ProcessesAppearServeForkAndEnd) {
  OwnNetwork network;
  start(OwnNetwork::options());
  int go[2], port_pipe[2];
  ASSERT_EQ(::pipe2(go, O_CLOEXEC), 0);
  ASSERT_EQ(::pipe2(port_pipe, O_CLOEXEC), 0);
  pid_t server = ::fork();
  if (server == 0) {  // a prefork server: the child answers
    ::close(go[1]);
    Listener listener;
    uint16_t port = listener.port();
    (void)!::write(port_pipe[1], &port, sizeof port);
    pid_t worker = ::fork();
    if (worker == 0) {
      auto pair = listener.connect();
      exchange(pair);
      char wait;
      (void)!::read(go[0], &wait, 1);
      ::_exit(0);
    }
    ::waitpid(worker, nullptr, 0);
    ::_exit(0);
  }
  ::close(go[0]);
  uint16_t port = 0;
  ASSERT_EQ(::read(port_pipe[0], &port, sizeof port), static_cast<ssize_t>(sizeof port));
  auto pid = static_cast<uint32_t>(server);
  ASSERT_TRUE(until([&] { return handler_.processes.contains(pid) && handler_.data.size() >= 4; }));
  uint32_t worker = handler_.data.front().event.header.pid;
  EXPECT_NE(worker, pid);
  EXPECT_TRUE(handler_.processes.contains(worker));
  ::close(go[1]);
  ::waitpid(server, nullptr, 0);
  auto gone = [&](uint32_t process) {
    return std::find(handler_.exits.begin(), handler_.exits.end(), process) != handler_.exits.end();
  };
  EXPECT_TRUE(until([&] { return gone(worker) && gone(pid); }));
}

// A server that forks for each connection: the child may be gone before anybody looks at it.
TEST_F(Life, AChildThatIsGoneIsKnownAsItsParent) {
  start(own_program());
  ASSERT_TRUE(until([&] { return handler_.processes.contains(pid_); }));
  pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  ::waitpid(child, nullptr, 0);
  auto pid = static_cast<uint32_t>(child);
  ASSERT_TRUE(until([&] { return handler_.processes.contains(pid) && !handler_.exits.empty(); }));
  EXPECT_EQ(handler_.processes[pid].service_name, "capture_test");
  EXPECT_EQ(handler_.exits.back(), pid);
}

TEST_F(Life, OwnProcessesAreNotWatched) {
  ProbeOptions options = own_program();
  options.own_pids = {pid_};
  start(options);
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  int64_t end = system_clock().monotonic_ns() + 200 * kMillisecond;
  while (system_clock().monotonic_ns() < end) step();
  EXPECT_EQ(opened(listener.port(), TS_ROLE_SERVER), nullptr);
  EXPECT_EQ(opened(listener.port(), TS_ROLE_CLIENT), nullptr);
}

TEST_F(Life, OnlyTheSelectedExecutable) {
  ProbeOptions options;
  options.instrument.emplace_back().exe_path = "/no/such/program";
  start(options);
  Listener listener;
  auto pair = listener.connect();
  exchange(pair);
  int64_t end = system_clock().monotonic_ns() + 200 * kMillisecond;
  while (system_clock().monotonic_ns() < end) step();
  EXPECT_TRUE(handler_.processes.empty());
  EXPECT_TRUE(handler_.data.empty());
}

TEST_F(Life, OneNetworkNamespaceOnly) {
  Listener outside;
  auto old_pair = outside.connect();
  OwnNetwork network;
  start(OwnNetwork::options());
  Listener inside;
  auto pair = inside.connect();
  exchange(old_pair);
  exchange(pair);
  ASSERT_TRUE(until([&] { return handler_.data.size() >= 4; }));
  for (const auto& open : handler_.opens) {
    EXPECT_TRUE(open.tuple.local_port == inside.port() || open.tuple.peer_port == inside.port());
    EXPECT_NE(open.tuple.netns, 0u);
  }
  for (const auto& flow : handler_.flows) {
    EXPECT_TRUE(flow.tuple.local_port == inside.port() || flow.tuple.peer_port == inside.port());
  }
}

}  // namespace
}  // namespace tarsier::capture::testing
