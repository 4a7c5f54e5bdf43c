// Calls in protocols that are not parsed: which turns become spans, whose children, called what.
#include <gtest/gtest.h>

#include "assemble/counters.h"
#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

using namespace testing;  // NOLINT

constexpr uint32_t kShop = 7;

std::string text(std::string_view literal) {
  return std::string(literal);
}

std::string postgres(char type, std::string_view body) {
  std::string out(1, type);
  auto size = static_cast<uint32_t>(body.size() + 4);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  return out.append(body);
}

std::string mysql(uint8_t sequence, std::string_view body) {
  std::string out;
  for (int shift = 0; shift < 24; shift += 8)
    out.push_back(static_cast<char>(body.size() >> shift));
  out.push_back(static_cast<char>(sequence));
  return out.append(body);
}

class Asked : public ::testing::Test {
 protected:
  void SetUp() override {
    b.host.process(kShop, "shop", Language::kGo);
    in = &b.host.accept(kShop, 8080, 40'001, "10.0.0.9");
    out = &b.host.connect(kShop, 5000, 41'001, "10.0.0.8");
  }
  void request(std::string_view path, uint64_t goid = 100, uint64_t next = 200) {
    in->goroutine(goid).link(go_server(0xC0, 0, {{next, next + 8}})).receive(get(path));
  }
  void answer() { in->goroutine(100).send(ok()); }
  void ask(std::string_view bytes, uint64_t goid = 100, uint64_t parent = 1) {
    out->goroutine(goid).link(go_client(goid, parent)).captured(64).send(bytes);
  }
  void call(std::string_view question, std::string_view reply) {
    request("/in");
    ask(question);
    out->captured(64).receive(reply);
    answer();
    b.wait(3 * kSecond);
  }
  // Of the calls seen, in order.
  std::vector<model::Span> calls() {
    b.wait(3 * kSecond);
    std::vector<model::Span> found;
    for (const model::Span& span : b.sink.spans) {
      if (span.kind == model::SpanKind::kClient) found.push_back(span);
    }
    return found;
  }
  std::string cause(const model::Span& span) {
    for (const model::Span& other : b.sink.spans) {
      if (other.span_id == span.parent_span_id) return attribute(other, "url.path");
    }
    return "-";
  }
  Bench b;
  Socket *in, *out;
};

TEST_F(Asked, AnUnknownProtocolIsACallToAnAddress) {
  request("/in");
  ask("\x01\x02 what");
  out->receive("this");
  out->receive(" and that");
  answer();
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "10.0.0.8:5000");
  EXPECT_EQ(cause(spans[0]), "/in");
  EXPECT_EQ(spans[0].end_ns - spans[0].start_ns, 2 * kMillisecond);
  EXPECT_EQ(attribute(spans[0], "server.port"), "5000");
  EXPECT_EQ(attribute(spans[0], "db.system.name"), "<none>");
  for (const auto& metric : b.sink.metrics) EXPECT_NE(metric.name, "db.client.operation.duration");
}

TEST_F(Asked, EachTurnIsACall) {
  request("/in");
  for (int i = 0; i < 3; i++) {
    ask("question");
    ask("and more of it");
    out->receive("answer");
  }
  answer();
  EXPECT_EQ(calls().size(), 3u);
}

TEST_F(Asked, ByAGoroutineThatTheHandlerStarted) {
  request("/in");
  ask("question", 203, 100);
  out->receive("answer");
  ask("an older goroutine's", 150, 100);
  out->receive("answer");
  answer();
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(cause(spans[0]), "/in");
}

TEST_F(Asked, NobodysTalkIsNoCall) {
  ask("before any request");
  out->receive("answer");
  request("/in");
  ask("of another goroutine", 300);
  out->receive("answer");
  answer();
  ask("after the request");
  out->receive("answer");
  EXPECT_EQ(calls().size(), 0u);
}

TEST_F(Asked, WhatIsSaidUnaskedIsNoAnswer) {
  out->receive("news");
  request("/in");
  out->receive("news");
  ask("question");
  out->receive("answer");
  b.wait(2 * kSecond);
  out->receive("news");
  answer();
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].end_ns - spans[0].start_ns, kMillisecond);
}

TEST_F(Asked, AQuestionWithoutAnAnswerIsNotTheNextOnesBeginning) {
  Socket& other = b.host.accept(kShop, 8080, 40'002, "10.0.0.9");
  request("/in");
  ask("forget that");
  answer();
  other.goroutine(101).link(go_server(0xC1, 0, {{210, 218}})).receive(get("/other"));
  ask("question", 101);
  out->receive("answer");
  other.goroutine(101).send(ok());
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(cause(spans[0]), "/other");
  EXPECT_EQ(spans[0].end_ns - spans[0].start_ns, kMillisecond);
}

TEST_F(Asked, AThreadThatServesOneRequest) {
  b.host.process(8, "python");
  Socket& server = b.host.accept(8, 8081, 40'003, "10.0.0.9");
  Socket& client = b.host.connect(8, 5000, 41'003, "10.0.0.8");
  server.thread(81).receive(get("/in"));
  client.thread(82).send("of another thread").receive("answer");
  client.thread(81).send("question").receive("answer");
  server.thread(81).send(ok());
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(cause(spans[0]), "/in");
}

TEST_F(Asked, HttpThatWasSeenFromItsMiddle) {
  request("/in");
  out->goroutine(100).link(go_client(100, 1)).send("the rest of a body");
  out->receive(ok());
  out->goroutine(100).link(go_client(100, 1)).send(get("/out"));
  out->receive(ok());
  answer();
  auto spans = calls();
  ASSERT_EQ(spans.size(), 1u);
  EXPECT_EQ(spans[0].name, "GET /out");
  EXPECT_EQ(cause(spans[0]), "/in");
}

TEST_F(Asked, TlsIsNotAsked) {
  request("/in");
  ask("\x16\x03\x01 hello");
  out->receive("\x16\x03\x03 hello");
  answer();
  EXPECT_EQ(calls().size(), 0u);
}

TEST_F(Asked, Redis) {
  call("*2\r\n$4\r\nhget\r\n$3\r\nkey\r\n", "-WRONGTYPE Operation against a key\r\n");
  const model::Span span = b.span("HGET");
  EXPECT_EQ(attribute(span, "db.system.name"), "redis");
  EXPECT_EQ(attribute(span, "db.operation.name"), "HGET");
  EXPECT_EQ(attribute(span, "db.response.status_code"), "WRONGTYPE");
  EXPECT_EQ(span.status, model::SpanStatus::kError);
  bool measured = false;
  b.flush();
  for (const model::Metric& metric : b.sink.metrics) {
    if (metric.name != "db.client.operation.duration") continue;
    const auto& points = std::get<model::HistogramData>(metric.data).points;
    for (const auto& point : points) {
      if (point.count == 0) continue;
      measured = true;
      EXPECT_EQ(model::find_string(point.attributes, "db.operation.name"), "HGET");
      EXPECT_EQ(model::find_string(point.attributes, "db.system.name"), "redis");
      EXPECT_EQ(model::find_string(point.attributes, "error.type"), "WRONGTYPE");
      EXPECT_EQ(model::find_string(point.attributes, "server.address"), "10.0.0.8");
    }
  }
  EXPECT_TRUE(measured);
}

TEST_F(Asked, PostgresqlFromItsStart) {
  request("/in");
  ask(text(std::string_view("\0\0\0\x08\x04\xd2\x16\x2f", 8)));
  out->receive("N");
  ask(postgres('Q', text(std::string_view("/* why */ select 1\0", 19))));
  out->receive(postgres('T', "..") + postgres('D', "row"));
  answer();
  calls();
  EXPECT_EQ(attribute(b.span("postgresql"), "db.system.name"), "postgresql");
  EXPECT_EQ(attribute(b.span("SELECT"), "db.operation.name"), "SELECT");
}

TEST_F(Asked, PostgresqlFromItsMiddle) {
  call(postgres('P', text(std::string_view("\0UPDATE t SET secret\0\0\0", 23))) + postgres('S', ""),
       postgres('1', "") +
           postgres('E', text(std::string_view("SERROR\0VERROR\0C42P01\0Mno\0\0", 26))));
  EXPECT_EQ(attribute(b.span("UPDATE"), "db.response.status_code"), "42P01");
}

TEST_F(Asked, Mysql) {
  out->receive(mysql(0,
                     "\x0a"
                     "8.0.1 and a challenge"));
  request("/in");
  ask(mysql(0, "\x03INSERT INTO t VALUES (1)"));
  out->receive(mysql(1, text(std::string_view("\0\1\0\2", 4))));
  ask(mysql(0, "\x19\x01"));  // closes a statement, which nothing answers
  b.wait(kSecond);
  ask(mysql(0, "\x03selec"));
  out->receive(mysql(1, "\xff\x28\x04#42000You"));
  answer();
  auto spans = calls();
  ASSERT_EQ(spans.size(), 2u);
  EXPECT_EQ(spans[0].name, "INSERT");
  EXPECT_EQ(spans[1].name, "mysql");
  EXPECT_EQ(attribute(spans[1], "error.type"), "1064");
  EXPECT_EQ(spans[1].end_ns - spans[1].start_ns, kMillisecond);
}

TEST_F(Asked, MysqlFromItsMiddle) {
  call(mysql(0, text(std::string_view("\x03\0\1DELETE FROM t", 16))),
       mysql(1, text(std::string_view("\0\1\0\2", 4))));
  EXPECT_EQ(attribute(b.span("DELETE"), "db.system.name"), "mysql");
}

TEST_F(Asked, WhatLooksLikeADatabaseInOneDirectionOnlyIsNone) {
  call(postgres('Q', "select 1"), "no such answer");
  EXPECT_EQ(attribute(b.span("10.0.0.8:5000"), "db.system.name"), "<none>");
}

}  // namespace
}  // namespace tarsier::assemble
