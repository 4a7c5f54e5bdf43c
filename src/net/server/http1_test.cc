// The HTTP/1.1 server over real sockets.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

#include "base/metrics.h"
#include "net/content_encoding.h"
#include "net/test_server.h"

namespace tarsier::net {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

Router echo() {
  Router router;
  router.add("GET", "/hello", [](const Request&) { return text_response(200, "hello"); });
  router.add("POST", "/echo", [](const Request& request) {
    return Response{200, "application/octet-stream", request.body, {}};
  });
  router.add("GET", "/big",
             [](const Request&) { return text_response(200, std::string(20'000, 'x')); });
  router.add("GET", "/tenant",
             [](const Request& request) { return text_response(200, request.tenant + "."); });
  router.add("GET", "/evil", [](const Request&) {
    return Response{200, "text/plain", "", {{"X-A", "1\r\nX-B: 2"}, {"Content-Length", "9"}}};
  });
  router.add("GET", "/throws", [](const Request&) -> Response { throw std::runtime_error("no"); });
  return router;
}

ServerOptions hasty() {
  ServerOptions options;
  options.head_timeout_ns = 100 * kMillisecond;
  options.idle_timeout_ns = 300 * kMillisecond;
  return options;
}

constexpr std::string_view kClose = "Connection: close\r\n\r\n";

std::string get(std::string_view path, std::string_view headers = "") {
  return "GET " + std::string(path) + " HTTP/1.1\r\nHost: h\r\n" + std::string(headers) +
         std::string(kClose);
}

double dropped(std::string_view what, std::string_view reason) {
  return metrics().value("tarsier_net_" + std::string(what) + "_dropped_total",
                         {{"reason", std::string(reason)}});
}

TEST(Http1, AnswersAndKeepsTheConnection) {
  TestServer server(echo());
  RawConnection connection(server.port());
  for (int i = 0; i < 3; i++) {
    connection.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
    std::string answer = connection.receive("hello\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
    EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  }
}

TEST(Http1, AnswersPipelinedRequestsInOrder) {
  TestServer server(echo());
  RawConnection connection(server.port());
  std::string all;
  for (char c = 'a'; c < 'k'; c++) {
    all += "POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n";
    all += {c, ';'};
  }
  connection.send(all);
  std::string answers = connection.receive(";", 10);
  size_t at = 0;
  for (char c = 'a'; c < 'k'; c++) at = answers.find(std::string{'\n', c, ';'}, at);
  EXPECT_NE(at, answers.npos);
}

TEST(Http1, ReadsARequestByteByByte) {
  TestServer server(echo());
  RawConnection connection(server.port());
  std::string request =
      "POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
      "5;ext=1\r\nhello\r\n6\r\n world\r\n0\r\nTrailer: x\r\n\r\n";
  for (char c : request) connection.send({&c, 1});
  EXPECT_THAT(connection.receive(), EndsWith("\r\n\r\nhello world"));
}

TEST(Http1, UnpacksBodies) {
  TestServer server(echo());
  std::string packed = gzip(std::string(5000, 'z'));
  std::string answer =
      server.talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: " +
                  std::to_string(packed.size()) + "\r\n" + std::string(kClose) + packed);
  EXPECT_THAT(answer, EndsWith(std::string(5000, 'z')));
}

TEST(Http1, RefusesWhatUnpacksToTooMuch) {
  ServerOptions options;
  options.body_max_bytes = 1000;
  TestServer server(echo(), options);
  std::string packed = gzip(std::string(1001, 'z'));
  std::string answer =
      server.talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Encoding: gzip\r\nContent-Length: " +
                  std::to_string(packed.size()) + "\r\n" + std::string(kClose) + packed);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
}

TEST(Http1, RefusesAnUnknownContentEncoding) {
  TestServer server(echo());
  std::string answer = server.talk(get("/hello", "Content-Encoding: br\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 415 "));
  EXPECT_THAT(answer, HasSubstr("\"br\""));
}

TEST(Http1, PacksAnAnswerThatIsWorthIt) {
  TestServer server(echo());
  std::string answer = server.talk(get("/big", "Accept-Encoding: br, gzip;q=0.5\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Encoding: gzip\r\n"));
  auto body = gunzip(std::string_view(answer).substr(answer.find("\r\n\r\n") + 4), 30'000);
  ASSERT_TRUE(body);
  EXPECT_EQ(body->size(), 20'001u);
  EXPECT_THAT(server.talk(get("/big", "Accept-Encoding: gzip;q=0\r\n")),
              Not(HasSubstr("Content-Encoding")));
  EXPECT_THAT(server.talk(get("/hello", "Accept-Encoding: gzip\r\n")),
              Not(HasSubstr("Content-Encoding")));
}

TEST(Http1, HeadHasTheLengthAndNoBody) {
  TestServer server(echo());
  std::string answer = server.talk("HEAD /hello HTTP/1.1\r\nHost: h\r\n" + std::string(kClose));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 6\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(Http1, SaysContinueBeforeALargeBody) {
  TestServer server(echo());
  RawConnection connection(server.port());
  connection.send(
      "POST /echo HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
  EXPECT_EQ(connection.receive("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  connection.send("abc");
  EXPECT_THAT(connection.receive("abc"), StartsWith("HTTP/1.1 200 "));
}

TEST(Http1, OldClientsGetOldManners) {
  TestServer server(echo());
  std::string answer = server.talk("GET /hello HTTP/1.0\r\n\r\n");
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  RawConnection connection(server.port());
  connection.send("GET /hello HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_THAT(connection.receive("hello\n"), HasSubstr("Connection: keep-alive\r\n"));
}

TEST(Http1, RefusalsAreReadable) {
  ServerOptions options;
  options.body_max_bytes = 100;
  TestServer server(echo(), options);
  EXPECT_THAT(server.talk("GARBAGE\r\n\r\n"), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(server.talk("GET /hello HTTP/1.1\r\n\r\n"), HasSubstr("no Host header"));
  EXPECT_THAT(server.talk(get("/nowhere")), HasSubstr("no such path: /nowhere"));
  EXPECT_THAT(server.talk("PUT /hello HTTP/1.1\r\nHost: h\r\n" + std::string(kClose)),
              HasSubstr("Allow: GET\r\n"));
  EXPECT_THAT(server.talk(get("/hello", "X: " + std::string(70'000, 'x') + "\r\n")),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(server.talk("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 101\r\n\r\n" +
                          std::string(101, 'x')),
              HasSubstr("larger than 100 bytes"));
  EXPECT_THAT(
      server.talk("POST /echo HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" +
                  std::string(101, 'x')),
      StartsWith("HTTP/1.1 413 "));
  EXPECT_THAT(server.talk(get("/throws")), StartsWith("HTTP/1.1 500 "));
}

TEST(Http1, AHandlerCannotBreakTheFraming) {
  TestServer server(echo());
  std::string answer = server.talk(get("/evil"));
  EXPECT_THAT(answer, Not(HasSubstr("X-B")));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 0\r\n"));
}

TEST(Http1, AcceptsATenantOrRefusesIt) {
  TestServer server(echo());
  EXPECT_THAT(server.talk(get("/tenant", "x-scope-orgid: team-a|b_1.2\r\n")),
              EndsWith("team-a|b_1.2.\n"));
  EXPECT_THAT(server.talk(get("/tenant", "X-Scope-OrgID: a/b\r\n")), StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(server.talk(get("/tenant", "X-Scope-OrgID: " + std::string(151, 'a') + "\r\n")),
              StartsWith("HTTP/1.1 400 "));
}

TEST(Http1, ASlowHeadIsAnswered408) {
  TestServer server(echo(), hasty());
  RawConnection connection(server.port());
  connection.send("GET /hello HTT");
  EXPECT_THAT(connection.receive(), StartsWith("HTTP/1.1 408 "));
}

TEST(Http1, ADrippingBodyIsGivenUp) {
  TestServer server(echo(), hasty());
  RawConnection connection(server.port());
  connection.send("POST /echo HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n");
  int64_t start = system_clock().monotonic_ns();
  std::thread dripper([&] {
    for (int i = 0; i < 50; i++) {
      connection.send("x");
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  });
  EXPECT_THAT(connection.receive(), StartsWith("HTTP/1.1 408 "));
  EXPECT_LT(system_clock().monotonic_ns() - start, 900 * kMillisecond);
  dripper.join();
}

TEST(Http1, AnIdleConnectionIsClosed) {
  TestServer server(echo(), hasty());
  double before = dropped("connections", "idle_timeout");
  RawConnection connection(server.port());
  EXPECT_EQ(connection.receive(), "");
  EXPECT_TRUE(connection.closed());
  EXPECT_EQ(dropped("connections", "idle_timeout"), before + 1);
}

TEST(Http1, MoreConnectionsThanAllowedAreClosedAtOnce) {
  ServerOptions options;
  options.connections_max = 2;
  TestServer server(echo(), options);
  double before = dropped("connections", "connections_max");
  RawConnection first(server.port()), second(server.port());
  first.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  first.receive("hello\n");
  second.send("GET /hello HTTP/1.1\r\nHost: h\r\n\r\n");
  second.receive("hello\n");
  RawConnection third(server.port());
  third.receive();
  EXPECT_TRUE(third.closed());
  EXPECT_EQ(dropped("connections", "connections_max"), before + 1);
}

}  // namespace
}  // namespace tarsier::net
