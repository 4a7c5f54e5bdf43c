// A server's life: ports, a full queue, stopping.
#include "net/server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <latch>
#include <thread>

#include "net/test_server.h"

namespace tarsier::net {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

constexpr std::string_view kGet = "GET /wait HTTP/1.1\r\nHost: h\r\n\r\n";

// A handler that tells when it was entered, and returns when it may.
struct Gate {
  std::latch entered, open{1};
  explicit Gate(int n) : entered(n) {}
  Router router() {
    Router router;
    router.add("GET", "/wait", [this](const Request&) {
      entered.count_down();
      open.wait();
      return text_response(200, "done");
    });
    return router;
  }
};

TEST(Server, SaysWhoHasThePort) {
  TestServer first(Router{});
  Server second({});
  Status status = second.listen("ui", "127.0.0.1", first.port(), Router{});
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().code, Code::kConflict);
  EXPECT_THAT(status.error().message,
              HasSubstr("port " + std::to_string(first.port()) + " is taken by net_test (pid " +
                        std::to_string(::getpid()) + ")"));
}

TEST(Server, SaysThatAnAddressIsNone) {
  Server server({});
  Status status = server.listen("ui", "not-an-address", 0, Router{});
  ASSERT_FALSE(status);
  EXPECT_THAT(status.error().message, HasSubstr("127.0.0.1"));
}

TEST(Server, PortsAreFreeAgainAfterItsEnd) {
  uint16_t port = 0;
  {
    TestServer server(Router{});
    port = server.port();
    server.talk("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  }
  Server again({});
  EXPECT_TRUE(again.listen("ui", "127.0.0.1", port, Router{}));
}

TEST(Server, AFullQueueIsA503) {
  Gate gate(1);
  ServerOptions options;
  options.threads = 1;
  options.requests_queued_max = 1;
  TestServer server(gate.router(), options);
  RawConnection running(server.port()), waiting(server.port()), refused(server.port());
  running.send(kGet);
  gate.entered.wait();
  waiting.send(kGet);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));
  refused.send(kGet);
  EXPECT_THAT(refused.receive("again\n"), StartsWith("HTTP/1.1 503 "));
  gate.open.count_down();
  EXPECT_THAT(running.receive("done\n"), StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(waiting.receive("done\n"), StartsWith("HTTP/1.1 200 "));
}

TEST(Server, StoppingLetsARequestFinishAndClosesIdleConnections) {
  Gate gate(1);
  TestServer server(gate.router());
  RawConnection idle(server.port()), busy(server.port());
  busy.send(kGet);
  gate.entered.wait();
  std::thread stopper([&] { server.server.stop(); });
  EXPECT_EQ(idle.receive(), "");
  EXPECT_TRUE(idle.closed());
  gate.open.count_down();
  EXPECT_THAT(busy.receive(), HasSubstr("done"));
  stopper.join();
}

}  // namespace
}  // namespace tarsier::net
