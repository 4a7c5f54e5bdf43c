// RED metrics as they leave: names, buckets, attributes, and what rate() can make of them.
#include <gtest/gtest.h>

#include "assemble/testing/bench.h"
#include "base/metrics.h"

namespace tarsier::assemble {
namespace {

using testing::Bench;
using testing::get;
using testing::ok;
using testing::Socket;

// All points of one metric, in the order they were sent.
std::vector<model::HistogramPoint> points(const Bench& b, std::string_view name) {
  std::vector<model::HistogramPoint> out;
  for (const model::Metric& m : b.sink.metrics) {
    if (m.name != name) continue;
    for (const auto& p : std::get<model::HistogramData>(m.data).points) out.push_back(p);
  }
  return out;
}

struct RedTest : ::testing::Test {
  RedTest() {
    b.host.process(7, "shop");
    in = &b.host.accept(7, 80, 40'001, "10.0.0.9");
    b.wait(5 * kSecond);
  }
  Bench b;
  Socket* in;
};

TEST_F(RedTest, OneSeries) {
  in->receive("POST /cart HTTP/1.1\r\nContent-Length: 3\r\n\r\nabc");
  b.host.clock.advance(80 * kMillisecond);
  in->send(ok("0123456789"));
  b.wait(5 * kSecond);
  auto all = points(b, "http.server.request.duration");
  ASSERT_EQ(all.size(), 2u);
  const model::HistogramPoint& p = all[1];
  EXPECT_EQ(p.count, 1u);
  EXPECT_NEAR(*p.sum, 0.081, 1e-9);
  EXPECT_EQ(p.bounds, (std::vector<double>{0, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5,
                                           5, 7.5, 10}));
  EXPECT_EQ(p.bucket_counts.size(), 16u);
  EXPECT_EQ(p.bucket_counts[6], 1u);  // (0.075, 0.1]
  std::string labels;
  for (const model::KeyValue& kv : p.attributes) {
    labels += kv.key + "=" + model::to_string(kv.value) + " ";
  }
  EXPECT_EQ(labels,
            "service.name=shop http.request.method=POST http.response.status_code=200 "
            "http.route=/cart url.scheme=http server.address=127.0.0.1 server.port=80 ");
  EXPECT_EQ(*points(b, "http.server.request.body.size").at(1).sum, 3);
  EXPECT_EQ(*points(b, "http.server.response.body.size").at(1).sum, 10);
  EXPECT_EQ(points(b, "http.server.response.body.size").at(1).bounds,
            (std::vector<double>{0, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192}));
}

TEST_F(RedTest, ANewSeriesBeginsWithAZeroOneIntervalEarlier) {
  in->receive(get("/a")).send(ok());
  b.wait(5 * kSecond);
  auto all = points(b, "http.server.request.duration");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].count, 0u);
  EXPECT_EQ(all[0].attributes, all[1].attributes);
  EXPECT_EQ(all[0].time_ns, all[0].start_ns);
  EXPECT_EQ(all[1].start_ns, all[0].start_ns);
  EXPECT_NEAR(static_cast<double>(all[1].time_ns - all[0].time_ns), 5e9, 2e8);
}

TEST_F(RedTest, CountsAreCumulativeAndOnlyChangesAreSent) {
  in->receive(get("/a")).send(ok());
  b.wait(5 * kSecond);
  in->receive(get("/a")).send(ok());
  b.wait(20 * kSecond);
  auto all = points(b, "http.server.request.duration");
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[2].count, 2u);
  b.wait(20 * kSecond);  // a sign of life
  EXPECT_EQ(points(b, "http.server.request.duration").size(), 4u);
}

TEST_F(RedTest, AnIdleSeriesEndsAndBeginsAgain) {
  in->receive(get("/a")).send(ok());
  b.wait(6 * kMinute);
  size_t sent = points(b, "http.server.request.duration").size();
  b.wait(kMinute);
  EXPECT_EQ(points(b, "http.server.request.duration").size(), sent);
  in->receive(get("/a")).send(ok());
  b.wait(5 * kSecond);
  auto all = points(b, "http.server.request.duration");
  EXPECT_EQ(all.back().count, 1u);
  EXPECT_GT(all.back().start_ns, all.front().start_ns);
}

TEST_F(RedTest, ClientsAreMeasuredToo) {
  Socket& out = b.host.connect(7, 81, 41'001, "10.0.0.8");
  out.send(get("/query/5")).receive(ok("", 500));
  b.wait(5 * kSecond);
  auto all = points(b, "http.client.request.duration");
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(model::find_string(all[1].attributes, "server.address"), "shop");  // its Host header
  EXPECT_EQ(model::find_string(all[1].attributes, "http.route"), "/query/{id}");
}

TEST_F(RedTest, ResourcesSayWhoItIs) {
  in->receive(get("/a")).send(ok());
  b.wait(5 * kSecond);
  const model::Attributes& r = b.sink.resources.at(0).attributes;
  EXPECT_EQ(model::find_string(r, "service.name"), "shop");
  EXPECT_EQ(model::find_string(r, "service.instance.id"), "box:7");
  EXPECT_EQ(model::find_string(r, "telemetry.sdk.name"), "tarsier");
  bool info = false;
  for (const model::Metric& m : b.sink.metrics) info |= m.name == "target.info";
  EXPECT_TRUE(info);
}

TEST(Red, AProcessThatIsNamedLater) {
  Bench b;
  b.host.accept(7, 80, 40'001, "10.0.0.9").receive(get("/a")).send(ok());
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans.size(), 0u);
  b.host.process(7, "shop");
  b.wait(kSecond);
  ASSERT_EQ(b.sink.spans.size(), 1u);
  EXPECT_EQ(b.sink.services[0], "shop");
}

TEST(Red, AProcessThatIsNeverNamed) {
  Bench b;
  b.host.accept(7, 80, 40'001, "10.0.0.9").receive(get("/a")).send(ok());
  b.wait(10 * kSecond);
  ASSERT_EQ(b.sink.spans.size(), 1u);
  EXPECT_EQ(b.sink.services[0], "unknown_service");
}

TEST(Red, ConnectionsAreBounded) {
  Bench b({.connections_max = 2});
  b.host.process(7, "shop");
  Socket& first = b.host.accept(7, 80, 40'001, "10.0.0.9").receive(get("/a"));
  b.host.accept(7, 80, 40'002, "10.0.0.9");
  b.host.accept(7, 80, 40'003, "10.0.0.9");
  first.send(ok());
  b.wait(kSecond);
  EXPECT_EQ(b.sink.spans.size(), 0u);  // forgotten, which is not the same as failed
}

TEST(Red, EverySpanIsAccountedFor) {
  auto value = [](std::string_view name, MetricLabels labels = {}) {
    return metrics().value(name, labels);
  };
  auto seen = [&] {
    return value("tarsier_assemble_requests_total", {{"side", "server"}}) +
           value("tarsier_assemble_requests_total", {{"side", "client"}});
  };
  auto told = [&] {
    double n = value("tarsier_assemble_spans_total");
    for (std::string reason : {"not_sampled", "answer_lost", "traces_off"}) {
      n += value("tarsier_assemble_requests_dropped_total", {{"reason", reason}});
    }
    return n;
  };
  double before = seen() - told();
  Bench b({.sampler = Sampler::kTraceIdRatio, .sampler_ratio = 0.5});
  b.host.process(7, "shop");
  for (uint16_t i = 0; i < 50; i++) {
    Socket& s = b.host.accept(7, 80, static_cast<uint16_t>(40'000 + i), "10.0.0.9");
    s.receive(get("/a"));
    if (i % 3) s.send(ok());
    if (i % 5 == 0) s.lose(capture::TS_SEND, 10).receive(get("/b")).send(ok());
    if (i % 7 == 0) s.close();
  }
  b.flush();
  EXPECT_EQ(seen() - told(), before);
}

}  // namespace
}  // namespace tarsier::assemble
