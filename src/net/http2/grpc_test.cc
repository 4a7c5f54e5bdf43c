// Unary gRPC: the frames, and calls over real sockets.
#include "net/http2/grpc.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "base/metrics.h"
#include "net/content_encoding.h"
#include "net/http2/test_client.h"

namespace tarsier::net {
namespace {

using testing::HasSubstr;

std::string prefix(char flag, uint32_t size) {
  return {flag, static_cast<char>(size >> 24), static_cast<char>(size >> 16),
          static_cast<char>(size >> 8), static_cast<char>(size)};
}

TEST(GrpcFrame, RoundTrips) {
  EXPECT_EQ(frame_grpc("abc", false), prefix(0, 3) + "abc");
  EXPECT_EQ(*unframe_grpc(frame_grpc("abc", false), "", 3), "abc");
  EXPECT_EQ(*unframe_grpc(frame_grpc("", false), "identity", 3), "");
  EXPECT_EQ(*unframe_grpc(frame_grpc(gzip("abcd"), true), "gzip", 100), "abcd");
}

TEST(GrpcFrame, SaysWhatIsWrong) {
  EXPECT_THAT(unframe_grpc("abc", "", 9).error().message, HasSubstr("no message"));
  EXPECT_THAT(unframe_grpc(prefix(0, 4) + "abc", "", 9).error().message, HasSubstr("3 of 4"));
  EXPECT_THAT(unframe_grpc(prefix(0, 0) + prefix(0, 0), "", 9).error().message,
              HasSubstr("more than one"));
  EXPECT_THAT(unframe_grpc(prefix(2, 0), "", 9).error().message, HasSubstr("flag 2"));
  EXPECT_EQ(unframe_grpc(prefix(1, 1) + "x", "br", 9).error().code, Code::kUnsupported);
  EXPECT_EQ(unframe_grpc(prefix(1, 1) + "x", "gzip", 9).error().code, Code::kInvalid);
  EXPECT_EQ(unframe_grpc(frame_grpc(gzip(std::string(100, 'a')), true), "gzip", 99).error().code,
            Code::kLimitExceeded);
}

TEST(GrpcTimeout, KnowsEveryUnit) {
  EXPECT_EQ(parse_grpc_timeout("1H"), kHour);
  EXPECT_EQ(parse_grpc_timeout("2M"), 2 * kMinute);
  EXPECT_EQ(parse_grpc_timeout("10S"), 10 * kSecond);
  EXPECT_EQ(parse_grpc_timeout("250m"), 250 * kMillisecond);
  EXPECT_EQ(parse_grpc_timeout("7u"), 7 * kMicrosecond);
  EXPECT_EQ(parse_grpc_timeout("99999999n"), 99'999'999);
  EXPECT_EQ(parse_grpc_timeout("99999999H"), INT64_MAX);
  for (const char* bad : {"", "S", "10", "-1S", "123456789S", "1x", "1.5S"}) {
    EXPECT_FALSE(parse_grpc_timeout(bad)) << bad;
  }
}

std::atomic<int> slow_calls{0};

GrpcService example() {
  GrpcService service;
  service["/test.Echo/Say"] = [](const GrpcRequest& request) -> Result<std::string> {
    return request.tenant + ":" + request.message;
  };
  service["/test.Echo/Fail"] = [](const GrpcRequest& request) -> Result<std::string> {
    return Error{Code::kInvalid, "100% \xc3\xbc" + request.message};
  };
  service["/test.Echo/Slow"] = [](const GrpcRequest&) -> Result<std::string> {
    slow_calls++;
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    return "late";
  };
  return service;
}

TEST(Grpc, AnswersWithTrailers) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  auto answer = client.grpc("/test.Echo/Say", frame_grpc("hi", false), {{"x-scope-orgid", "me"}});
  EXPECT_EQ(answer.header(":status"), "200");
  EXPECT_EQ(answer.header("content-type"), "application/grpc");
  EXPECT_EQ(answer.body, frame_grpc("me:hi", false));
  EXPECT_EQ(find_header(answer.trailers, "grpc-status"), "0");
}

TEST(Grpc, AnEmptyMessageIsAMessage) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  auto answer = client.grpc("/test.Echo/Say", frame_grpc("", false));
  EXPECT_EQ(answer.body, frame_grpc(":", false));
}

TEST(Grpc, AnErrorIsHeadersOnlyAndEncoded) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  auto answer = client.grpc("/test.Echo/Fail", frame_grpc("\n", false));
  EXPECT_EQ(find_header(answer.headers, "grpc-status"), "3");
  EXPECT_EQ(find_header(answer.headers, "grpc-message"), "100%25 %C3%BC%0A");
  EXPECT_TRUE(answer.trailers.empty());
}

TEST(Grpc, AnUnknownMethodIsUnimplemented) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  auto answer = client.grpc("/test.Echo/Sing", frame_grpc("hi", false));
  EXPECT_EQ(answer.header(":status"), "200");
  EXPECT_EQ(answer.header("grpc-status"), "12");
  EXPECT_THAT(answer.header("grpc-message"), HasSubstr("/test.Echo/Sing"));
}

TEST(Grpc, GzipGoesBothWays) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  std::string message(5000, 'm');
  auto answer = client.grpc("/test.Echo/Say", frame_grpc(gzip(message), true),
                            {{"grpc-encoding", "gzip"}, {"grpc-accept-encoding", "identity,gzip"}});
  EXPECT_EQ(answer.header("grpc-encoding"), "gzip");
  EXPECT_EQ(*unframe_grpc(answer.body, "gzip", 10'000), ":" + message);
}

TEST(Grpc, TooLargeIsResourceExhausted) {
  ServerOptions options;
  options.body_max_bytes = 1000;
  TestServer server(Router{}, options, example());
  Http2Client client(server.port());
  EXPECT_EQ(client.grpc("/test.Echo/Say", frame_grpc(std::string(2000, 'x'), false))
                .header("grpc-status"),
            "8");
  EXPECT_EQ(client
                .grpc("/test.Echo/Say", frame_grpc(gzip(std::string(2000, 'x')), true),
                      {{"grpc-encoding", "gzip"}})
                .header("grpc-status"),
            "8");
}

TEST(Grpc, TheCallersDeadlineIsKept) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  int64_t start = system_clock().monotonic_ns();
  auto answer = client.grpc("/test.Echo/Slow", frame_grpc("", false), {{"grpc-timeout", "20m"}});
  EXPECT_EQ(answer.header("grpc-status"), "4");
  EXPECT_LT(system_clock().monotonic_ns() - start, 150 * kMillisecond);
}

TEST(Grpc, ACancelledCallIsNotEvenStarted) {
  ServerOptions options;
  options.threads = 1;
  TestServer server(Router{}, options, example());
  Http2Client client(server.port());
  Headers grpc = {{"content-type", "application/grpc"}};
  slow_calls = 0;
  int32_t first = client.start("POST", "/test.Echo/Slow", grpc, frame_grpc("", false));
  int32_t second = client.start("POST", "/test.Echo/Slow", grpc, frame_grpc("", false));
  while (slow_calls == 0) std::this_thread::yield();
  client.reset(second);
  EXPECT_EQ(client.wait(first).header("grpc-status"), "0");
  EXPECT_EQ(client.grpc("/test.Echo/Say", frame_grpc("", false)).header("grpc-status"), "0");
  EXPECT_EQ(slow_calls, 1);
}

TEST(Grpc, AMalformedTimeoutOrTenantIsRefused) {
  TestServer server(Router{}, {}, example());
  Http2Client client(server.port());
  std::string hi = frame_grpc("hi", false);
  EXPECT_EQ(client.grpc("/test.Echo/Say", hi, {{"grpc-timeout", "soon"}}).header("grpc-status"),
            "13");
  EXPECT_EQ(client.grpc("/test.Echo/Say", hi, {{"x-scope-orgid", "a b"}}).header("grpc-status"),
            "3");
}

}  // namespace
}  // namespace tarsier::net
