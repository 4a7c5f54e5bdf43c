// One request, from events to everything that is told about it.
#include <gtest/gtest.h>

#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

using testing::attribute;
using testing::Bench;
using testing::get;
using testing::ok;

TEST(Assemble, OneRequestBecomesASpan) {
  Bench b;
  b.host.process(7, "shop");
  b.host.accept(7, 8080, 40'001)
      .receive(get("/api/user/17/balance?token=abc&a=1"))
      .send(ok("hello"));
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 1u);
  const model::Span& span = b.sink.spans[0];
  EXPECT_EQ(span.name, "GET /api/user/{id}/balance");
  EXPECT_EQ(span.kind, model::SpanKind::kServer);
  EXPECT_EQ(span.status, model::SpanStatus::kUnset);
  EXPECT_EQ(span.end_ns - span.start_ns, kMillisecond);
  EXPECT_EQ(attribute(span, "http.response.status_code"), "200");
  EXPECT_EQ(attribute(span, "url.path"), "/api/user/17/balance");
  EXPECT_EQ(attribute(span, "url.query"), "token=REDACTED&a=1");
  EXPECT_EQ(attribute(span, "http.response.body.size"), "5");
  EXPECT_EQ(attribute(span, "client.address"), "127.0.0.1");
  EXPECT_EQ(attribute(span, "server.port"), "8080");
  EXPECT_TRUE(span.trace_id);
  EXPECT_FALSE(span.parent_span_id);
}

TEST(Assemble, AndALogRecord) {
  Bench b;
  b.host.process(7, "shop");
  b.host.accept(7, 8080, 40'001).receive(get("/cart?token=abc")).send(ok("no", 503));
  b.wait(kSecond);
  ASSERT_EQ(b.sink.logs.size(), 1u);
  const model::LogRecord& log = b.sink.logs[0];
  EXPECT_EQ(model::to_string(log.body), "GET /cart?token=REDACTED 503 1.000ms");
  EXPECT_EQ(log.severity_text, "ERROR");
  EXPECT_EQ(log.trace_id, b.sink.spans[0].trace_id);
  EXPECT_EQ(log.span_id, b.sink.spans[0].span_id);
}

// Every text that was told, in one.
std::string everything(const testing::CollectingSink& sink) {
  std::string out;
  auto add = [&](const model::Attributes& attributes) {
    for (const model::KeyValue& kv : attributes) out += model::to_string(kv.value) + "\n";
  };
  for (const model::Span& span : sink.spans) {
    out += span.name + span.status_message + "\n";
    add(span.attributes);
  }
  for (const model::LogRecord& log : sink.logs) {
    out += model::to_string(log.body) + "\n";
    add(log.attributes);
  }
  for (const model::Metric& metric : sink.metrics) {
    const auto* histogram = std::get_if<model::HistogramData>(&metric.data);
    if (!histogram) continue;
    for (const model::HistogramPoint& point : histogram->points) add(point.attributes);
  }
  return out;
}

TEST(Assemble, ASecretIsNowhere) {
  Bench b;
  b.host.process(7, "shop");
  std::string target = "/login;sid=hush?token=hush&next=/a%3Fx&Password=hush";
  b.host.accept(7, 8080, 40'001).receive(get(target)).send(ok());
  b.host.connect(7, 81, 41'001).send(get(target)).receive(ok());
  b.host.connect(7, 82, 41'002).send("GET http://u:hush@host" + target + " HTTP/1.1\r\n\r\n");
  b.wait(10 * kSecond);
  b.flush();
  std::string told = everything(b.sink);
  EXPECT_NE(told.find("http://shop:81/login;sid=REDACTED?token=REDACTED&next=/a%3Fx"), told.npos);
  EXPECT_EQ(told.find("hush"), told.npos);
}

}  // namespace
}  // namespace tarsier::assemble
