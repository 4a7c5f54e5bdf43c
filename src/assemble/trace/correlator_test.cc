// Whose child a request is.
#include <gtest/gtest.h>

#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

using capture::Language;
using capture::TS_DATA_PEEK_BYTE;
using testing::Bench;
using testing::get;
using testing::go_client;
using testing::go_server;
using testing::ok;
using testing::Socket;

constexpr uint32_t kShop = 7, kDatabase = 8, kLoad = 9;

struct Correlation : ::testing::Test {
  Correlation() {
    b.host.process(kShop, "shop");
    b.host.process(kDatabase, "database");
  }
  void expect_child(std::string_view child, std::string_view parent) {
    model::Span c = b.span(child), p = b.span(parent);
    ASSERT_TRUE(c.span_id && p.span_id) << child << " or " << parent << " is missing";
    EXPECT_EQ(c.parent_span_id.hex(), p.span_id.hex()) << child << " of " << parent;
    EXPECT_EQ(c.trace_id.hex(), p.trace_id.hex()) << child << " of " << parent;
  }
  void expect_root(std::string_view name) {
    model::Span span = b.span(name);
    ASSERT_TRUE(span.span_id) << name;
    EXPECT_FALSE(span.parent_span_id) << name;
  }
  Bench b;
};

// By thread.

TEST_F(Correlation, TheThreadThatServesMakesTheCall) {
  Socket& in = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  in.thread(70).receive(get("/in"));
  out.thread(70).send(get("/out")).receive(ok());
  in.send(ok());
  b.wait(kSecond);
  expect_child("GET /out", "GET /in");
}

TEST_F(Correlation, AnotherThreadsCallIsNotItsChild) {
  Socket& in = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  in.thread(70).receive(get("/in"));
  out.thread(71).send(get("/out")).receive(ok());
  in.send(ok());
  out.thread(70).send(get("/after")).receive(ok());
  b.wait(kSecond);
  expect_root("GET /out");
  expect_root("GET /after");
}

TEST_F(Correlation, AnEventLoopWithTwoRequestsTellsNothing) {
  Socket& one = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& two = b.host.accept(kShop, 80, 40'002, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  one.receive(get("/one"));
  two.receive(get("/two"));
  out.send(get("/either")).receive(ok());
  one.send(ok());
  out.send(get("/second")).receive(ok());
  two.send(ok());
  b.wait(kSecond);
  expect_root("GET /either");
  expect_child("GET /second", "GET /two");
}

TEST_F(Correlation, AThreadIsFreeWhenItsRequestsConnectionCloses) {
  Socket& dead = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& in = b.host.accept(kShop, 80, 40'002, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  dead.receive(get("/dead")).close();
  in.receive(get("/in"));
  out.send(get("/out")).receive(ok());
  in.send(ok());
  b.wait(kSecond);
  expect_child("GET /out", "GET /in");
}

// By the two ends of a connection.

TEST_F(Correlation, TheOtherEndOnThisHost) {
  Socket& client = b.host.connect(kShop, 81, 41'001);
  Socket& server = b.host.accept(kDatabase, 81, 41'001);
  for (std::string path : {"/a", "/b"}) {
    client.send(get(path));
    server.receive(get(path)).send(ok());
    client.receive(ok());
  }
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 4u);
  for (const model::Span& span : b.sink.spans) {
    bool is_server = span.kind == model::SpanKind::kServer;
    for (const model::Span& other : b.sink.spans) {
      if (&other == &span || other.name != span.name) continue;
      EXPECT_EQ(span.trace_id, other.trace_id);
      EXPECT_EQ(span.parent_span_id, is_server ? other.span_id : model::SpanId());
    }
  }
}

TEST_F(Correlation, TheServersEventMayComeFirst) {
  Socket& client = b.host.connect(kShop, 81, 41'001);
  Socket& server = b.host.accept(kDatabase, 81, 41'001);
  server.receive(get("/a"));
  client.send(get("/a"));
  server.send(ok());
  client.receive(ok());
  b.wait(200 * kMillisecond);
  ASSERT_EQ(b.sink.spans.size(), 2u);
  EXPECT_EQ(b.sink.spans[0].trace_id, b.sink.spans[1].trace_id);
}

TEST_F(Correlation, AnUnwatchedPeerIsNotWaitedForTwice) {
  Socket& server = b.host.accept(kDatabase, 81, 41'001);
  server.receive(get("/a")).send(ok());
  b.events.to->tick();
  EXPECT_EQ(b.sink.spans.size(), 0u);  // the client may be on this host
  b.wait(200 * kMillisecond);
  EXPECT_EQ(b.sink.spans.size(), 1u);
  server.receive(get("/b")).send(ok());
  b.events.to->tick();
  EXPECT_EQ(b.sink.spans.size(), 2u);
  expect_root("GET /b");
}

TEST_F(Correlation, LoopbackConnectionsOfOtherNamespacesAreOthers) {
  Socket& client = b.host.end(kShop, capture::TS_ROLE_CLIENT, "127.0.0.1", 41'001, "127.0.0.1", 81);
  client.open().tuple.netns++;
  client.announce();
  Socket& server = b.host.accept(kDatabase, 81, 41'001);
  client.send(get("/a")).receive(ok());
  server.receive(get("/a")).send(ok());
  b.wait(kSecond);
  EXPECT_NE(b.sink.spans[0].trace_id, b.sink.spans[1].trace_id);
}

TEST_F(Correlation, ATranslatedServerAddressIsTheSameConnection) {
  Socket& client = b.host.connect(kShop, 80, 41'001, "10.96.0.1", "10.0.0.7");  // a virtual address
  Socket& server = b.host.accept(kDatabase, 8081, 41'001, "10.0.0.7", "10.0.0.8");
  client.send(get("/a"));
  server.receive(get("/a")).send(ok());
  client.receive(ok());
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans[0].trace_id, b.sink.spans[1].trace_id);
}

TEST_F(Correlation, ThreeServicesAreOneTrace) {
  b.host.process(kLoad, "load");
  Socket& load = b.host.connect(kLoad, 80, 40'001);
  Socket& in = b.host.accept(kShop, 80, 40'001);
  Socket& out = b.host.connect(kShop, 81, 41'001);
  Socket& database = b.host.accept(kDatabase, 81, 41'001);
  load.send(get("/in"));
  in.receive(get("/in"));
  out.send("POST /query HTTP/1.1\r\nContent-Length: 1\r\n\r\nq");
  database.receive("POST /query HTTP/1.1\r\nContent-Length: 1\r\n\r\nq").send(ok("rows"));
  out.receive(ok("rows"));
  in.send(ok());
  load.receive(ok());
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 4u);
  size_t roots = 0;
  for (const model::Span& span : b.sink.spans) {
    EXPECT_EQ(span.trace_id, b.sink.spans[0].trace_id);
    roots += !span.parent_span_id;
  }
  EXPECT_EQ(roots, 1u);
}

// By what the headers say.

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kParent = "traceparent: 00-" + kTrace + "-b7ad6b7169203331-01\r\n";

TEST_F(Correlation, TraceparentIsHonoured) {
  b.host.accept(kShop, 80, 40'001, "10.0.0.9")
      .receive(get("/a", kParent + "tracestate: vendor=1\r\n"))
      .send(ok());
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 1u);
  EXPECT_EQ(b.sink.spans[0].trace_id.hex(), kTrace);
  EXPECT_EQ(b.sink.spans[0].parent_span_id.hex(), "b7ad6b7169203331");
  EXPECT_EQ(b.sink.spans[0].trace_state, "vendor=1");
  EXPECT_EQ(b.sink.spans[0].flags, 0x301u);
}

TEST_F(Correlation, AMalformedTraceparentIsNone) {
  Socket& in = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  for (std::string value :
       {"00-" + kTrace + "-b7ad6b7169203331", "ff-" + kTrace + "-b7ad6b7169203331-01",
        "00-" + std::string(32, '0') + "-b7ad6b7169203331-01",
        "00-" + kTrace + "-B7AD6B7169203331-01", "00-" + kTrace + "-b7ad6b7169203331-01-x"}) {
    in.receive(get("/a", "traceparent: " + value + "\r\n")).send(ok());
  }
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 5u);
  for (const model::Span& span : b.sink.spans) EXPECT_NE(span.trace_id.hex(), kTrace);
}

TEST_F(Correlation, B3IsHonouredToo) {
  b.host.accept(kShop, 80, 40'001, "10.0.0.9")
      .receive(get("/a", "b3: " + kTrace + "-b7ad6b7169203331-1\r\n"))
      .send(ok());
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans.at(0).trace_id.hex(), kTrace);
}

TEST_F(Correlation, AHeaderThatTheCallerMadeWins) {
  Socket& client = b.host.connect(kShop, 81, 41'001);
  Socket& server = b.host.accept(kDatabase, 81, 41'001);
  client.send(get("/a", kParent));
  server.receive(get("/a", kParent)).send(ok());
  client.receive(ok());
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 2u);
  for (const model::Span& span : b.sink.spans) {
    EXPECT_EQ(span.trace_id.hex(), kTrace);
    EXPECT_EQ(span.parent_span_id.hex(), "b7ad6b7169203331");
  }
}

TEST_F(Correlation, AHeaderThatAProxyPassesOnDoesNotSkipTheProxy) {
  Socket& in = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& other = b.host.accept(kShop, 80, 40'002, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001);
  Socket& database = b.host.accept(kDatabase, 81, 41'001);
  in.receive(get("/in", kParent));
  other.receive(get("/other"));  // so that the thread does not tell
  out.send(get("/out", kParent));
  database.receive(get("/out", kParent)).send(ok());
  out.receive(ok());
  in.send(ok());
  b.wait(kSecond);
  model::Span first = b.span("GET /in");
  EXPECT_EQ(first.parent_span_id.hex(), "b7ad6b7169203331");
  model::SpanId client;
  for (const model::Span& span : b.sink.spans) {
    if (span.kind != model::SpanKind::kClient) continue;
    client = span.span_id;
    EXPECT_EQ(span.parent_span_id, first.span_id);
  }
  for (const model::Span& span : b.sink.spans) {
    if (span.name == "GET /out" && span.kind == model::SpanKind::kServer) {
      EXPECT_EQ(span.parent_span_id, client);
    }
    EXPECT_EQ(span.trace_id.hex(), kTrace);
  }
}

// Sampling.

TEST(Sampling, TheRemoteDecisionHolds) {
  for (bool sampled : {true, false}) {
    Bench b({.sampler = Sampler::kParentBasedAlwaysOff});
    b.host.process(kShop, "shop");
    b.host.accept(kShop, 80, 40'001, "10.0.0.9")
        .receive(get("/a", "traceparent: 00-" + kTrace + "-b7ad6b7169203331-0" +
                               (sampled ? "1" : "0") + "\r\n"))
        .send(ok())
        .receive(get("/root"))
        .send(ok());
    b.wait(kSecond);
    EXPECT_EQ(b.sink.spans.size(), sampled ? 1u : 0u);
    EXPECT_EQ(b.sink.logs.size(), 2u);  // what is not traced is still logged and counted
  }
}

TEST(Sampling, TheRatioHoldsForWholeTraces) {
  Bench b({.sampler = Sampler::kTraceIdRatio, .sampler_ratio = 0.25});
  b.host.process(kShop, "shop");
  Socket& in = b.host.accept(kShop, 80, 40'001, "10.0.0.9");
  Socket& out = b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  for (int i = 0; i < 1'000; i++) {
    in.receive(get("/in"));
    out.send(get("/out")).receive(ok());
    in.send(ok());
  }
  b.wait(kSecond);
  EXPECT_NEAR(static_cast<double>(b.sink.spans.size()), 500, 120);
  EXPECT_EQ(b.sink.spans.size() % 2, 0u);
}

}  // namespace
}  // namespace tarsier::assemble
