// HTTP/2 conversations, from events to exchanges, through the whole room.
#include "assemble/protocols/http2/stitch.h"

#include <gtest/gtest.h>

#include "assemble/testing/bench.h"
#include "assemble/testing/http2.h"
#include "base/metrics.h"

namespace tarsier::assemble {
namespace {

using namespace testing;  // NOLINT: the builders of frames

struct Conversation {
  Conversation() {
    b.host.process(7, "shop");
    s = &b.host.accept(7, 8080, 40'001);
  }
  // "GET /a 200 0/5", or "/pkg.Svc/M OK", one a line, in order of emission.
  std::string seen(int64_t after_ns = 200 * kMillisecond) {
    b.wait(after_ns);
    std::string out;
    for (const model::Span& span : b.sink.spans) {
      if (attribute(span, "rpc.system.name") == "grpc") {
        out += span.name + " " + attribute(span, "rpc.response.status_code") + "\n";
        continue;
      }
      std::string path = attribute(span, "url.path");
      if (span.kind == model::SpanKind::kClient) path = attribute(span, "url.full");
      out += attribute(span, "http.request.method") + " " + path + " " +
             attribute(span, "http.response.status_code") + " " +
             attribute(span, "http.request.body.size") + "/" +
             attribute(span, "http.response.body.size") + "\n";
    }
    return out;
  }
  Bench b;
  Socket* s;
  Encoder client, server;
};
struct Http2 : ::testing::Test, Conversation {};

struct Script {
  std::string requests = start_of_client(), answers = settings();
  Script() {
    Encoder c, s;
    requests += c.headers(1, http_get("/a"), true);
    requests += c.headers(3, {{":method", "POST"}, {":path", "/b"}, {":scheme", "http"}}) +
                data(3, "four") + frame(http2::kPing, 0, 0, "12345678");
    requests += c.headers(5, grpc_call("/pkg.Svc/M")) + data(5, message("hello"), true);
    std::string block = c.block(http_get("/c", {{"x", "y"}}));
    requests += frame(http2::kHeaders, http2::kEndStream, 7, block.substr(0, 3)) +
                frame(http2::kContinuation, 0, 7, block.substr(3, 5)) +
                frame(http2::kContinuation, http2::kEndHeaders, 7, block.substr(8));
    requests += data(3, "more", true);
    answers += s.headers(3, {{":status", "100"}});
    answers += s.headers(1, {{":status", "200"}}) + data(1, "01234") + data(1, "56", true);
    std::string padded = std::string(1, '\3') + s.block({{":status", "404"}}) + "pad";
    answers += frame(http2::kHeaders, http2::kEndHeaders | http2::kPadded, 3, padded);
    answers += frame(http2::kData, http2::kPadded | http2::kEndStream, 3,
                     std::string(1, '\2') + "body" + std::string(2, '\0'));
    answers += s.headers(5, grpc_ok()) + data(5, message("world")) +
               s.headers(5, {{"grpc-status", "5"}, {"grpc-message", ""}}, true);
    std::string first = std::string(5, '\0') + s.block({{":status", "204"}});
    answers += frame(http2::kHeaders, http2::kEndHeaders | http2::kEndStream | http2::kPriorityFlag,
                     7, first);
  }
};
const std::string kSeen = "GET /a 200 0/7\nPOST /b 404 8/4\n/pkg.Svc/M NOT_FOUND\nGET /c 204 0/0\n";

TEST_F(Http2, SeveralFramesInOneCall) {
  Script script;
  s->receive(script.requests).send(script.answers);
  EXPECT_EQ(seen(), kSeen);
}

TEST_F(Http2, SplitAnywhere) {
  Script script;
  for (size_t cut = 3; cut < script.requests.size(); cut++) {
    ::tarsier::assemble::Conversation t;
    t.s->receive(script.requests.substr(0, cut)).receive(script.requests.substr(cut));
    size_t other = cut % script.answers.size();
    if (other) t.s->send(script.answers.substr(0, other));
    t.s->send(script.answers.substr(other));
    ASSERT_EQ(t.seen(), kSeen) << "cut at " << cut;
  }
}

TEST_F(Http2, ByteByByte) {
  Script script;
  s->receive(script.requests.substr(0, 3));
  for (char c : script.requests.substr(3)) s->receive({&c, 1});
  for (char c : script.answers) s->send({&c, 1});
  EXPECT_EQ(seen(), kSeen);
}

TEST_F(Http2, AServerThatSpeaksFirst) {
  Script script;
  s->send(settings()).receive(script.requests).send(script.answers.substr(settings().size()));
  EXPECT_EQ(seen(), kSeen);
}

TEST_F(Http2, AClientSeesTheSame) {
  Socket& c = b.host.connect(7, 9090, 41'000);
  c.send(start_of_client() + client.headers(1, http_get("/a"), true));
  c.receive(settings() + server.headers(1, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET http://shop:8080/a 200 0/0\n");
}

TEST_F(Http2, AnAnswerReportedBeforeItsRequest) {
  Socket& c = b.host.connect(7, 9090, 41'000);
  c.send(start_of_client());
  c.receive(settings() + server.headers(1, {{":status", "200"}}) + data(1, "x", true));
  c.send(client.headers(1, http_get("/a"), true) + client.headers(3, http_get("/b"), true));
  c.receive(server.headers(3, {{":status", "204"}}, true));
  EXPECT_EQ(seen(), "GET http://shop:8080/a 200 0/1\nGET http://shop:8080/b 204 0/0\n");
}

// What capture leaves out of a long DATA is the end of a record.
TEST_F(Http2, BodiesAreCountedNotSeen) {
  std::string big(16'000, 'x');
  s->receive(start_of_client() + client.headers(1, {{":method", "PUT"}, {":path", "/up"}}));
  s->captured(9).receive(data(1, big)).captured(9).receive(data(1, big, true));
  s->send(settings() + server.headers(1, {{":status", "200"}}));
  std::string answer = data(1, big, true);
  s->captured(9).send(answer.substr(0, 1'000)).captured(0).send(answer.substr(1'000));
  EXPECT_EQ(seen(), "PUT /up 200 32000/16000\n");
}

TEST_F(Http2, Streaming) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/Watch")));
  s->send(settings() + server.headers(1, grpc_ok()));
  for (int i = 0; i < 10; i++) {
    s->receive(data(1, message("ping"))).send(data(1, message("pong")));
  }
  EXPECT_EQ(seen(), "");
  s->receive(data(1, "", true)).send(server.headers(1, {{"grpc-status", "0"}}, true));
  EXPECT_EQ(seen(), "/pkg.Svc/Watch OK\n");
  const model::Span& span = b.sink.spans[0];
  EXPECT_GE(span.end_ns - span.start_ns, 200 * kMillisecond);
  EXPECT_EQ(attribute(span, "rpc.method"), "/pkg.Svc/Watch");
  EXPECT_EQ(attribute(span, "server.port"), "8080");
  EXPECT_EQ(attribute(span, "client.address"), "127.0.0.1");
  EXPECT_EQ(attribute(span, "http.request.method"), "<none>");
}

TEST_F(Http2, TrailersOnly) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/None"), true));
  s->send(settings() +
          server.headers(
              1, {{":status", "200"}, {"content-type", "application/grpc"}, {"grpc-status", "12"}},
              true));
  EXPECT_EQ(seen(), "/pkg.Svc/None UNIMPLEMENTED\n");
  EXPECT_EQ(b.sink.spans[0].status, model::SpanStatus::kError);
}

TEST_F(Http2, AServerEndsBeforeItsClient) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/Up")) + data(1, "x"));
  s->send(settings() + server.headers(1, {{":status", "200"}, {"grpc-status", "3"}}, true));
  EXPECT_EQ(seen(2 * kSecond), "/pkg.Svc/Up INVALID_ARGUMENT\n");
  EXPECT_EQ(b.sink.spans[0].status, model::SpanStatus::kUnset);
}

TEST_F(Http2, Resets) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/A"), true) +
             client.headers(3, grpc_call("/pkg.Svc/B", {{"grpc-timeout", "50m"}}), true) +
             client.headers(5, grpc_call("/pkg.Svc/C"), true) +
             client.headers(7, http_get("/d"), true));
  s->receive(rst(1, 8));
  s->send(rst(5, 7) + rst(7, 2));
  b.wait(100 * kMillisecond);
  s->receive(rst(3, 8));
  EXPECT_EQ(seen(),
            "/pkg.Svc/A CANCELLED\n/pkg.Svc/C UNAVAILABLE\nGET /d <none> 0/0\n"
            "/pkg.Svc/B DEADLINE_EXCEEDED\n");
  EXPECT_EQ(attribute(b.sink.spans[2], "error.type"), "stream_reset");
  EXPECT_EQ(b.sink.spans[2].status, model::SpanStatus::kError);
}

TEST_F(Http2, GoingAway) {
  Socket& c = b.host.connect(7, 9090, 41'000);
  c.send(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/A"), true) +
         client.headers(3, grpc_call("/pkg.Svc/B"), true));
  c.receive(settings() + goaway(1));
  EXPECT_EQ(seen(), "/pkg.Svc/B UNAVAILABLE\n");
  c.receive(server.headers(1, {{":status", "200"}, {"grpc-status", "0"}}, true));
  EXPECT_EQ(seen(), "/pkg.Svc/B UNAVAILABLE\n/pkg.Svc/A OK\n");
}

TEST_F(Http2, NoAnswerIsAnError) {
  s->receive(start_of_client() + client.headers(1, http_get("/a"), true) +
             client.headers(3, grpc_call("/pkg.Svc/B"), true));
  s->close();
  EXPECT_EQ(seen(), "GET /a <none> 0/0\n/pkg.Svc/B UNAVAILABLE\n");
  EXPECT_EQ(b.sink.spans[0].status, model::SpanStatus::kError);
}

TEST_F(Http2, HttpStatusWhereGrpcIsExpected) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/A"), true));
  s->send(settings() + server.headers(1, {{":status", "503"}}, true));
  EXPECT_EQ(seen(), "/pkg.Svc/A UNAVAILABLE\n");
}

TEST_F(Http2, PushedAnswersAreDecodedAndLeftAlone) {
  s->receive(start_of_client() + client.headers(1, http_get("/a"), true));
  s->send(settings() + frame(http2::kPushPromise, http2::kEndHeaders, 1,
                             std::string("\0\0\0\2", 4) + server.block(http_get("/pushed"))));
  s->send(server.headers(1, {{":status", "200"}, {":path", "/pushed"}}, true));
  s->send(server.headers(2, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /a 200 0/0\n");
}

TEST_F(Http2, WebSocketsAreTimed) {
  s->receive(start_of_client() + client.headers(1, {{":method", "CONNECT"},
                                                    {":protocol", "websocket"},
                                                    {":scheme", "http"},
                                                    {":path", "/chat"}}));
  s->send(settings() + server.headers(1, {{":status", "200"}}) + data(1, "hello"));
  b.wait(kSecond);
  s->receive(data(1, "bye", true)).send(data(1, "", true));
  EXPECT_EQ(seen(), "CONNECT /chat 200 3/5\n");
}

TEST_F(Http2, ATableOlderThanTheAgent) {
  client.block(http_get("/old"));
  server.block({{":status", "418"}});
  client.block(grpc_call("/pkg.Svc/Old"));
  server.block({{"grpc-status", "0"}, {"content-type", "application/grpc"}});
  Socket& late = b.host.end(7, capture::TS_ROLE_SERVER, "10.0.0.1", 8080, "10.0.0.2", 5'000);
  late.open().late = 1;
  late.announce();
  late.receive("the rest of a body");
  late.flags(capture::TS_DATA_FRAME).receive(client.headers(11, http_get("/old"), true));
  late.flags(capture::TS_DATA_FRAME).send(server.headers(11, {{":status", "418"}}, true));
  late.receive(client.headers(13, http_get("/new"), true));
  late.send(server.headers(13, {{":status", "201"}}, true));
  late.receive(client.headers(15, grpc_call("/pkg.Svc/Old")) + data(15, message("x"), true));
  late.send(server.headers(15, {{"content-type", "application/grpc"}}) + data(15, message("y")) +
            server.headers(15, {{"grpc-status", "0"}}, true));
  EXPECT_EQ(seen(), "<none> <none> <none> 0/0\n<none> /new 201 0/0\n* <none>\n");
  for (const model::Span& span : b.sink.spans) {
    EXPECT_EQ(span.status, model::SpanStatus::kUnset) << span.name;
  }
}

// Where one was recognised by its shape, the others are RPCs too.
TEST_F(Http2, RpcsOnAnOldConnection) {
  client.block(grpc_call("/pkg.Svc/Old"));
  server.block({{"grpc-status", "5"}, {"content-type", "application/grpc"}});
  Socket& late = b.host.end(7, capture::TS_ROLE_SERVER, "10.0.0.1", 8080, "10.0.0.2", 5'000);
  late.open().late = 1;
  late.announce();
  auto call = [&](uint32_t stream) {
    return frame(http2::kHeaders, http2::kEndHeaders, stream,
                 "\x83" + client.block({{":path", "/pkg.Svc/Old"}, {"te", "trailers"}})) +
           data(stream, message("x"), true);
  };
  late.flags(capture::TS_DATA_FRAME).receive(call(11));
  late.flags(capture::TS_DATA_FRAME)
      .send(server.headers(11, {{"content-type", "application/grpc"}}) + data(11, message("y")) +
            server.headers(11, {{"grpc-status", "5"}}, true));
  late.receive(call(13)).send(server.headers(13, {{"grpc-status", "5"}}, true));
  EXPECT_EQ(seen(), "* <none>\n* <none>\n");
}

TEST_F(Http2, AfterLostBytesTheTableIsUnknown) {
  s->receive(start_of_client() + client.headers(1, http_get("/a"), true));
  s->send(settings() + server.headers(1, {{":status", "200"}}, true));
  std::string unseen = client.headers(3, http_get("/b"), true);
  s->lose(capture::TS_RECEIVE, unseen.size());
  s->receive("not the first byte of a frame, but the middle");
  s->send(server.headers(3, {{":status", "200"}}, true));
  s->flags(capture::TS_DATA_FRAME).receive(client.headers(5, http_get("/b"), true));
  s->send(server.headers(5, {{":status", "200"}}, true));
  s->receive(client.headers(7, http_get("/c"), true));
  s->send(server.headers(7, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /a 200 0/0\n<none> <none> 200 0/0\n<none> /c 200 0/0\n");
}

TEST_F(Http2, ALostAnswerIsNoError) {
  s->receive(start_of_client() + client.headers(1, http_get("/a"), true));
  s->send(settings()).lose(capture::TS_SEND, 30);
  s->flags(capture::TS_DATA_FRAME).send(frame(http2::kPing, 1, 0, "12345678"));
  EXPECT_EQ(seen(70 * kSecond), "");
  s->receive(client.headers(3, http_get("/b"), true));
  s->send(server.headers(3, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /b 200 0/0\n");
}

TEST_F(Http2, ContextIsHonoured) {
  s->receive(start_of_client() +
             client.headers(1,
                            http_get("/a", {{"traceparent",
                                             "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
                                             "-01"}}),
                            true));
  s->send(settings() + server.headers(1, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /a 200 0/0\n");
  EXPECT_EQ(b.sink.spans[0].trace_id.hex(), "0af7651916cd43dd8448eb211c80319c");
}

TEST_F(Http2, BothEndsOfEachStreamAreJoined) {
  b.host.process(8, "caller");
  Socket& c = b.host.connect(8, 8080, 40'001);
  std::string requests = start_of_client() + client.headers(1, http_get("/a"), true) +
                         client.headers(3, grpc_call("/pkg.Svc/M"), true);
  std::string answers = settings() +
                        server.headers(3, {{":status", "200"}, {"grpc-status", "0"}}, true) +
                        server.headers(1, {{":status", "200"}}, true);
  c.send(requests);
  s->receive(requests).send(answers);
  c.receive(answers);
  seen();
  ASSERT_EQ(b.sink.spans.size(), 4u);
  for (const model::Span& inner : b.sink.spans) {
    if (inner.kind != model::SpanKind::kServer) continue;
    for (const model::Span& outer : b.sink.spans) {
      bool pair = outer.kind == model::SpanKind::kClient && outer.name == inner.name;
      if (pair) {
        EXPECT_EQ(inner.parent_span_id.hex(), outer.span_id.hex()) << inner.name;
      }
    }
  }
}

// Threads tell only as long as one request is served in the whole process.
TEST_F(Http2, AThreadsCallBelongsToTheOnlyRequest) {
  Socket& out = b.host.connect(7, 9090, 41'000);
  Encoder calls;
  s->thread(71).receive(start_of_client() + client.headers(1, http_get("/a"), true));
  out.thread(71).send(get("/one"));
  s->thread(72).receive(client.headers(3, http_get("/b"), true));
  Socket& second = b.host.connect(7, 9090, 41'001);
  second.thread(71).send(start_of_client() + calls.headers(1, http_get("/two"), true));
  out.receive(ok());
  second.receive(settings() + server.headers(1, {{":status", "200"}}, true));
  Encoder answers;
  s->send(settings() + answers.headers(1, {{":status", "200"}}, true) +
          answers.headers(3, {{":status", "200"}}, true));
  seen();
  model::Span a = b.span("GET /a");
  EXPECT_EQ(b.span("GET /one").parent_span_id.hex(), a.span_id.hex());
  EXPECT_TRUE(b.span("GET /two").parent_span_id.empty());
}

TEST_F(Http2, RpcMetricsAndLogs) {
  s->receive(start_of_client() + client.headers(1, grpc_call("/pkg.Svc/M"), true));
  s->send(settings() + server.headers(1, {{":status", "200"}, {"grpc-status", "13"}}, true));
  s->receive(client.headers(3, grpc_call("/pkg.Svc/Nonsense"), true));
  s->send(server.headers(3, {{":status", "200"}, {"grpc-status", "12"}}, true));
  b.wait(6 * kSecond);
  std::string points;
  for (const model::Metric& metric : b.sink.metrics) {
    EXPECT_FALSE(metric.name.starts_with("http.")) << metric.name;
    if (metric.name != "rpc.server.call.duration") continue;
    EXPECT_EQ(metric.unit, "s");
    for (const auto& point : std::get<model::HistogramData>(metric.data).points) {
      if (point.count == 0) continue;
      for (std::string_view key :
           {"rpc.method", "rpc.system.name", "rpc.response.status_code", "server.port"}) {
        points += model::to_string(*model::find(point.attributes, key)) + " ";
      }
      points += std::to_string(point.count) + "\n";
    }
  }
  EXPECT_NE(points.find("/pkg.Svc/M grpc INTERNAL 8080 1\n"), std::string::npos) << points;
  EXPECT_NE(points.find("* grpc UNIMPLEMENTED 8080 1\n"), std::string::npos) << points;
  ASSERT_EQ(b.sink.logs.size(), 2u);
  EXPECT_TRUE(model::to_string(b.sink.logs[0].body).starts_with("/pkg.Svc/M INTERNAL "));
}

TEST_F(Http2, GarbageIsDroppedAndCounted) {
  auto dropped = [] {
    return metrics().value("tarsier_assemble_events_dropped_total", {{"reason", "unsynchronised"}});
  };
  double before = dropped();
  s->receive(start_of_client()).receive(std::string(100, '\xfe')).receive(std::string(100, '\xfe'));
  EXPECT_EQ(dropped(), before + 1);
  s->flags(capture::TS_DATA_FRAME).receive(client.headers(1, http_get("/a"), true));
  s->send(settings() + server.headers(1, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /a 200 0/0\n");
}

TEST_F(Http2, StreamsAreBounded) {
  s->receive(start_of_client());
  s->receive(client.headers(1, http_get("/a"), true));
  for (uint32_t stream = 3; stream < 20'000; stream += 2) {
    s->receive(client.headers(stream, http_get("/a"), true));
  }
  s->send(settings() + server.headers(19'999, {{":status", "200"}}, true));
  EXPECT_EQ(seen(), "GET /a 200 0/0\n");
}

}  // namespace
}  // namespace tarsier::assemble
