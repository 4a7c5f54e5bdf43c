// HTTP/2 over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdio>
#include <latch>
#include <thread>

#include "base/metrics.h"
#include "net/content_encoding.h"
#include "net/http2/test_client.h"

namespace tarsier::net {
namespace {

using testing::HasSubstr;

Router echo() {
  Router router;
  router.add("GET", "/hello/{name}", [](const Request& request) {
    return text_response(200, "hello " + std::string(request.path_param("name")) + " " +
                                  std::string(find_header(request.headers, "Host")));
  });
  router.add("POST", "/echo", [](const Request& request) {
    return Response{200, "application/octet-stream", request.body, {{"X-Mixed-Case", "1"}}};
  });
  return router;
}

TEST(Http2, Answers) {
  TestServer server(echo());
  Http2Client client(server.port());
  auto answer = client.call("GET", "/hello/w%6frld?x=1");
  EXPECT_EQ(answer.header(":status"), "200");
  EXPECT_EQ(answer.body, "hello world test\n");
  EXPECT_EQ(answer.header("content-length"), "17");
  EXPECT_EQ(client.call("GET", "/nowhere").header(":status"), "404");
}

TEST(Http2, ManyStreamsAtOnce) {
  TestServer server(echo());
  Http2Client client(server.port());
  std::vector<int32_t> ids;
  for (int i = 0; i < 100; i++) {
    ids.push_back(
        client.start("POST", "/echo", {}, std::string(1000, static_cast<char>('a' + i % 26))));
  }
  for (size_t i = 0; i < ids.size(); i++) {
    EXPECT_EQ(client.wait(ids[i]).body, std::string(1000, static_cast<char>('a' + i % 26)));
  }
}

TEST(Http2, LargeBodiesPassTheWindows) {
  TestServer server(echo());
  Http2Client client(server.port());
  std::string body(10 << 20, 'b');
  auto answer = client.call("POST", "/echo", {}, body);
  EXPECT_EQ(answer.body, body);
  EXPECT_EQ(answer.header("x-mixed-case"), "1");
}

TEST(Http2, HeadHasNoBody) {
  TestServer server(echo());
  Http2Client client(server.port());
  auto answer = client.call("HEAD", "/hello/x");
  EXPECT_EQ(answer.header("content-length"), "13");
  EXPECT_EQ(answer.body, "");
}

TEST(Http2, UnpacksABody) {
  TestServer server(echo());
  Http2Client client(server.port());
  auto answer = client.call("POST", "/echo", {{"content-encoding", "gzip"}}, gzip("packed"));
  EXPECT_EQ(answer.body, "packed");
}

TEST(Http2, TooLargeIsRefusedAndTheConnectionLivesOn) {
  ServerOptions options;
  options.body_max_bytes = 1000;
  TestServer server(echo(), options);
  Http2Client client(server.port());
  auto answer = client.call("POST", "/echo", {}, std::string(5 << 20, 'x'));
  EXPECT_EQ(answer.header(":status"), "413");
  EXPECT_THAT(answer.body, HasSubstr("larger than 1000 bytes"));
  EXPECT_EQ(client.call("GET", "/hello/again").body, "hello again test\n");
}

TEST(Http2, TooManyHeadersAreRefused) {
  TestServer server(echo());
  Http2Client client(server.port());
  Headers headers;
  for (int i = 0; i < 250; i++) headers.emplace_back("x-" + std::to_string(i), "v");
  EXPECT_EQ(client.call("GET", "/hello/x", headers).header(":status"), "431");
}

TEST(Http2, ASlowBodyIsReset) {
  ServerOptions options;
  options.head_timeout_ns = 100 * kMillisecond;
  TestServer server(echo(), options);
  RawConnection connection(server.port());
  // Preface, empty SETTINGS, HEADERS of stream 1 (POST http / at h, with no end of the stream).
  connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  connection.send({"\0\0\0\4\0\0\0\0\0\0\0\6\1\4\0\0\0\1\x83\x86\x84\x41\1h", 24});
  std::string said = connection.receive({"\0\0\4\3\0\0\0\0\1\0\0\0\10", 13});  // RST_STREAM, CANCEL
  EXPECT_THAT(said, HasSubstr(std::string_view("\0\0\4\3\0\0\0\0\1\0\0\0\10", 13)));
}

TEST(Http2, AnIdleConnectionIsToldToGo) {
  ServerOptions options;
  options.idle_timeout_ns = 100 * kMillisecond;
  TestServer server(echo(), options);
  Http2Client client(server.port());
  client.call("GET", "/hello/x");
  while (client.receive()) {
  }
  EXPECT_TRUE(client.went_away);
}

TEST(Http2, GarbageBehindThePrefaceEndsTheConnection) {
  TestServer server(echo());
  RawConnection connection(server.port());
  connection.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + std::string(100, 'x'));
  EXPECT_THAT(connection.receive(), HasSubstr(std::string_view("\7", 1)));  // GOAWAY
  EXPECT_TRUE(connection.closed());
}

TEST(Http2, StoppingLetsAStreamFinish) {
  std::latch entered(1), open(1);
  Router router;
  router.add("GET", "/wait", [&](const Request&) {
    entered.count_down();
    open.wait();
    return text_response(200, "done");
  });
  TestServer server(std::move(router));
  Http2Client client(server.port());
  int32_t id = client.start("GET", "/wait", {}, {});
  entered.wait();
  std::thread stopper([&] { server.server.stop(); });
  while (!client.went_away && client.receive()) {
  }
  open.count_down();
  EXPECT_EQ(client.wait(id).body, "done\n");
  while (client.receive()) {
  }
  stopper.join();
}

TEST(Http2, ServesAnotherImplementation) {
  TestServer server(echo());
  std::string command =
      "nghttp --no-dep http://127.0.0.1:" + std::to_string(server.port()) + "/hello/you";
  FILE* pipe = ::popen(command.c_str(), "r");
  ASSERT_TRUE(pipe);
  char buffer[256] = {};
  size_t n = std::fread(buffer, 1, sizeof(buffer) - 1, pipe);
  ASSERT_EQ(::pclose(pipe), 0) << "nghttp (nghttp2-client) is needed";
  EXPECT_EQ(std::string(buffer, n), "hello you 127.0.0.1:" + std::to_string(server.port()) + "\n");
}

}  // namespace
}  // namespace tarsier::net
