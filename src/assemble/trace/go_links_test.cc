// Go programs: requests on connection goroutines, calls from wherever the handler leads.
#include <gtest/gtest.h>

#include <map>

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

constexpr uint32_t kShop = 7;

// A Go service with a server connection (goroutine 100, context 0xC0) and a pooled client one.
struct GoLinksTest : ::testing::Test {
  GoLinksTest() {
    b.host.process(kShop, "shop", Language::kGo);
    in = &b.host.accept(kShop, 80, 40'001, "10.0.0.9");
    out = &b.host.connect(kShop, 81, 41'001, "10.0.0.8");
  }
  // `next`: the goroutine id that the one P would hand out next.
  void request(const std::string& path, uint64_t next) { request(*in, 100, path, next); }
  void request(Socket& s, uint64_t goid, const std::string& path, uint64_t next) {
    s.goroutine(goid).link(go_server(0xC000 + goid, 0, {{next, (next / 16 + 1) * 16}}));
    s.receive(get(path));
  }
  void answer(uint64_t context) { answer(*in, 100, context); }
  void answer(Socket& s, uint64_t goid, uint64_t context) {
    s.goroutine(goid).link(go_server(0xC000 + goid, context)).send(ok());
  }
  void call(const std::string& path, uint64_t goid, uint64_t parent,
            std::initializer_list<uint64_t> chain = {}) {
    out->goroutine(5).link(go_client(goid, parent, chain)).send(get(path));
    out->goroutine(6).receive(ok());
  }
  // The path of the request that the call to this path is a child of; "-" for none.
  std::string cause(const std::string& path) {
    b.wait(200 * kMillisecond);
    std::map<std::string, std::string> paths;
    for (const model::Span& span : b.sink.spans) {
      if (span.kind == model::SpanKind::kServer) {
        paths[span.span_id.hex()] = testing::attribute(span, "url.path");
      }
    }
    for (const model::Span& span : b.sink.spans) {
      if (span.kind == model::SpanKind::kServer || !span.name.ends_with(path)) continue;
      return span.parent_span_id ? paths[span.parent_span_id.hex()] : "-";
    }
    return "missing";
  }
  Bench b;
  Socket *in, *out;
};

TEST_F(GoLinksTest, TheHandlersGoroutine) {
  request("/in", 200);
  call("/out", 100, 1);
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, TheHandlersGoroutineWhenItsRequestWasLost) {
  request("/old", 200);
  answer(0xA1);
  call("/out", 100, 1);
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, AGoroutineThatTheHandlerStarted) {
  request("/in", 200);
  call("/out", 203, 100);
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, ALateChildOfAnOlderRequestIsNotTheNewOnes) {
  request("/old", 200);
  answer(0xA1);
  request("/new", 210);
  call("/out", 203, 100);  // was started when 210 had not been handed out
  answer(0xA2);
  EXPECT_EQ(cause("/out"), "/old");
}

TEST_F(GoLinksTest, AWorkerThatARequestStartedIsSoonNobodys) {
  request("/in", 200);
  answer(0xA1);
  b.wait(kSecond);
  call("/detached", 203, 100);
  b.wait(2 * kSecond);
  call("/worker", 203, 100);
  EXPECT_EQ(cause("/detached"), "/in");
  EXPECT_EQ(cause("/worker"), "-");
}

TEST_F(GoLinksTest, AChildOlderThanAllThatIsKnownHasNoCause) {
  request("/in", 200);
  call("/out", 150, 100);
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, AgeByTheBatchesOfEveryP) {
  in->goroutine(100).link(go_server(0xC0, 0, {{205, 208}, {330, 336}})).receive(get("/in"));
  call("/old1", 204, 100);
  call("/new1", 205, 100);
  call("/old2", 329, 100);
  call("/new2", 331, 100);
  call("/old3", 250, 100);  // in no batch, and below the largest end
  call("/new3", 336, 100);
  answer(0xA1);
  for (std::string n : {"1", "2", "3"}) {
    EXPECT_EQ(cause("/old" + n), "-") << n;
    EXPECT_EQ(cause("/new" + n), "/in") << n;
  }
}

TEST_F(GoLinksTest, AgeByAListThatCameBefore) {
  in->procs({{205, 208}, {330, 336}});
  in->goroutine(100).link(go_server(0xC0, 0)).receive(get("/in"));
  call("/old", 204, 100);
  call("/new", 331, 100);
  answer(0xA1);
  EXPECT_EQ(cause("/old"), "-");
  EXPECT_EQ(cause("/new"), "/in");
}

// A process that has not called yet shows neither lists nor contexts.
TEST_F(GoLinksTest, WithoutAListAChildIsTheFirstRequests) {
  in->goroutine(100).link(go_server(0xC064, 0)).receive(get("/in"));
  call("/out", 205, 100);
  in->goroutine(100).send(ok());
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, WithoutAContextALateCallIsTheFirstRequests) {
  in->goroutine(100).link(go_server(0xC064, 0)).receive(get("/in"));
  in->goroutine(100).send(ok());
  call("/out", 500, 400, {0xA1, 0xC064});
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, WithoutAListAChildIsNotALaterRequests) {
  for (const char* path : {"/one", "/two"}) {
    in->goroutine(100).link(go_server(0xC064, 0)).receive(get(path));
    if (path == std::string_view("/one")) in->goroutine(100).send(ok());
  }
  call("/out", 205, 100);
  in->goroutine(100).send(ok());
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, AnotherConnectionsGoroutine) {
  Socket& other = b.host.accept(kShop, 80, 40'002, "10.0.0.9");
  request("/in", 200);
  request(other, 101, "/other", 200);
  call("/out", 101, 1);
  answer(0xA1);
  answer(other, 101, 0xA2);
  EXPECT_EQ(cause("/out"), "/other");
}

TEST_F(GoLinksTest, TheRequestsContextWhereverItWasCarried) {
  request("/in", 200);
  call("/out", 500, 400, {0xB1, 0xA1, 0xC000 + 100, 0x1});  // a worker, with the request's context
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans.size(), 0u);  // not told before the answer shows the request's context
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, TheContextOfAnOlderRequest) {
  request("/old", 200);
  answer(0xA1);
  call("/between", 500, 400, {0xA1, 0xC000 + 100});
  request("/new", 210);
  call("/out", 500, 400, {0xA1, 0xC000 + 100});
  answer(0xA2);
  EXPECT_EQ(cause("/between"), "/old");
  EXPECT_EQ(cause("/out"), "/old");
}

TEST_F(GoLinksTest, AContextAddressThatIsUsedAgain) {
  request("/old", 200);
  answer(0xA1);
  request("/new", 210);
  call("/out", 500, 400, {0xA1, 0xC000 + 100});
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/new");
}

TEST_F(GoLinksTest, AContextThatIsNoneOfThem) {
  request("/in", 200);
  call("/out", 500, 400, {0xAA, 0xC000 + 100});
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, AnAnswerWithoutAContextEndsTheWait) {
  request("/before", 200);
  answer(0xA0);
  request("/in", 200);
  call("/out", 500, 400, {0xA1, 0xC000 + 100});
  in->goroutine(100).send(ok());
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, AWaitingCallIsNotHeldForever) {
  request("/in", 200);
  call("/out", 500, 400, {0xA1, 0xC000 + 100});
  b.wait(12 * kSecond);
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, TheSecondLook) {
  request("/in", 200);
  out->goroutine(5).link(go_client(0, 0)).send(get("/out"));
  out->goroutine(6).link(go_client(100, 1)).receive(ok());
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

// Seen before its caller waited, with a context that no request began.
TEST_F(GoLinksTest, TheSecondLookAtACallWithAContextOfItsOwn) {
  request("/in", 200);
  out->goroutine(5).link(go_client(0, 0, {0x51, 0x50})).send(get("/out"));
  out->goroutine(6).link(go_client(100, 1, {0x51, 0x50})).receive(ok());
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, TheLookAtAFurtherSend) {
  request("/in", 200);
  out->goroutine(5).send("POST /out HTTP/1.1\r\nHost: shop\r\nContent-Length: 6\r\n\r\nabc");
  out->goroutine(5).link(go_client(100, 1)).send("def");
  out->goroutine(6).receive(ok());
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, TheLookBeforeTheHeadIsComplete) {
  request("/in", 200);
  out->goroutine(5).link(go_client(100, 1)).send("GET /out HTTP/1.1\r\n");
  out->goroutine(5).send("Host: shop\r\n\r\n");
  out->goroutine(6).receive(ok());
  out->goroutine(5).send(get("/next"));
  out->goroutine(6).receive(ok());
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
  EXPECT_EQ(cause("/next"), "-") << "the look was at the call before";
}

TEST_F(GoLinksTest, NothingAtTheSecondLook) {
  request("/in", 200);
  out->goroutine(5).send(get("/out"));
  out->goroutine(6).receive(ok());
  EXPECT_EQ(cause("/out"), "-");
}

TEST_F(GoLinksTest, ThePeekedByteIsNotTheHandlers) {
  in->goroutine(300).flags(TS_DATA_PEEK_BYTE).receive("G");
  in->goroutine(100).link(go_server(0xC0, 0, {{200, 208}})).receive(get("/in").substr(1));
  call("/wrong", 300, 1);
  call("/out", 100, 1);
  answer(0xA1);
  EXPECT_EQ(cause("/wrong"), "-");
  EXPECT_EQ(cause("/out"), "/in");
}

TEST_F(GoLinksTest, PipelinedRequestsAreServedInOrder) {
  in->goroutine(100).link(go_server(0xC0, 0, {{200, 208}})).receive(get("/one") + get("/two"));
  call("/out1", 100, 1);
  answer(0xA1);
  call("/out2", 100, 1);
  call("/child", 203, 100);  // of the first or the second: the list of Ps is older than both
  answer(0xA2);
  EXPECT_EQ(cause("/out1"), "/one");
  EXPECT_EQ(cause("/out2"), "/two");
  EXPECT_EQ(cause("/child"), "-");
}

TEST_F(GoLinksTest, ADetachedCallAfterTheConnectionClosed) {
  request("/in", 200);
  answer(0xA1);
  in->close();
  call("/out", 203, 100);
  call("/out2", 500, 400, {0xA1, 0xC000 + 100});
  EXPECT_EQ(cause("/out"), "/in");
  EXPECT_EQ(cause("/out2"), "/in");
}

TEST_F(GoLinksTest, TheNextServiceWaitsForTheCallsPlace) {
  b.host.process(8, "database", Language::kGo);
  Socket& client = b.host.connect(kShop, 81, 41'002);
  Socket& database = b.host.accept(8, 81, 41'002);
  request("/in", 200);
  client.link(go_client(500, 400, {0xA1, 0xC000 + 100})).send(get("/query"));
  database.goroutine(9).receive(get("/query")).goroutine(9).send(ok());
  client.receive(ok());
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans.size(), 0u);
  answer(0xA1);
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 3u);
  for (const model::Span& span : b.sink.spans) {
    EXPECT_EQ(span.trace_id, b.sink.spans[0].trace_id);
  }
  ASSERT_EQ(b.sink.logs.size(), 2u);
  EXPECT_EQ(b.sink.logs[0].trace_id, b.sink.spans[0].trace_id);
}

TEST_F(GoLinksTest, WritingFromTheHandlersGoroutine) {
  request("/in", 200);
  out->goroutine(100).send(get("/out"));
  out->goroutine(100).receive(ok());
  answer(0xA1);
  EXPECT_EQ(cause("/out"), "/in");
}

}  // namespace
}  // namespace tarsier::assemble
