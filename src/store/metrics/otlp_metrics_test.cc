// OTLP in, PromQL's series out.
#include <gtest/gtest.h>

#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

using model::Metric;
using model::Temporality;

TEST(Names, FollowTheTranslator) {
  auto f = [](const char* name, const char* unit, MetricKind kind, std::string expected) {
    EXPECT_EQ(prometheus_name(name, unit, kind, true), expected);
  };
  using enum MetricKind;
  f("http.server.request.duration", "s", kHistogram, "http_server_request_duration_seconds");
  f("http.server.request.body.size", "By", kHistogram, "http_server_request_body_size_bytes");
  f("system.io", "By", kCounter, "system_io_bytes_total");
  f("requests.total", "{request}", kCounter, "requests_total");
  f("utilization", "1", kGauge, "utilization_ratio");
  f("utilization", "1", kUpDownCounter, "utilization");
  f("speed", "m/s", kGauge, "speed_meters_per_second");
  f("broken.disks", "{disk}/h", kGauge, "broken_disks_per_hour");
  f("memory.bytes.used", "By", kGauge, "memory_bytes_used");
  f("2xx.count", "", kGauge, "_2xx_count");
  f("a..b__c", "", kGauge, "a_b_c");
  f("temp", "Cel", kGauge, "temp_celsius");
  f("cpu", "%", kGauge, "cpu_percent");
  f("gpu.cuda.kernel.launch.calls", "1", kCounter, "gpu_cuda_kernel_launch_calls_total");
  EXPECT_EQ(prometheus_name("a.b", "s", kCounter, false), "a_b");
}

TEST(Names, LabelsAndBounds) {
  EXPECT_EQ(prometheus_label("http.response.status_code"), "http_response_status_code");
  EXPECT_EQ(prometheus_label("1x"), "key_1x");
  EXPECT_EQ(prometheus_label("_x"), "key_x");
  for (auto [bound, text] : std::vector<std::pair<double, std::string>>{{0, "0"},
                                                                        {0.005, "0.005"},
                                                                        {1, "1"},
                                                                        {10, "10"},
                                                                        {1e-7, "0.0000001"},
                                                                        {INFINITY, "+Inf"}}) {
    EXPECT_EQ(bound_label(bound), text);
  }
}

class OtlpMetricsTest : public testing::StoreFixture {
 protected:
  void write_metric(Metric metric) {
    model::Batch batch;
    batch.tenant = tenant_;
    batch.metrics.push_back({resource_, "", {{{}, "", {std::move(metric)}}}});
    write(std::move(batch));
  }
  template <typename Point>
  Point point(double second) const {
    Point p;
    p.time_ns = at_ns(second);
    p.attributes = {{"http.route", {std::string("/x")}}};
    return p;
  }
  model::NumberPoint number(double second, double value) const {
    auto p = point<model::NumberPoint>(second);
    p.value = {value};
    return p;
  }
  model::HistogramPoint histogram(double second, std::vector<uint64_t> counts) const {
    auto p = point<model::HistogramPoint>(second);
    p.bounds = {0.005, 1};
    p.bucket_counts = std::move(counts);
    for (uint64_t c : p.bucket_counts) p.count += c;
    p.sum = 2.5;
    return p;
  }
  static Metric named(const char* name, const char* unit, decltype(Metric::data) data) {
    return {
        .name = name, .description = "help", .unit = unit, .metadata = {}, .data = std::move(data)};
  }

  model::Resource resource_ = {{{"service.name", {std::string("api")}},
                                {"service.namespace", {std::string("shop")}},
                                {"service.instance.id", {std::string("h:1")}}},
                               0,
                               {}};
};

constexpr const char* kWho = "instance=\"h:1\", job=\"shop/api\"";
constexpr const char* kService = "service_name=\"api\", service_namespace=\"shop\"";

TEST_F(OtlpMetricsTest, GaugeAndSum) {
  write_metric(named("queue", "", model::GaugeData{{number(1, 5)}}));
  write_metric(named("hits", "", model::SumData{{number(1, 7)}, Temporality::kCumulative, true}));
  EXPECT_EQ(select("queue|hits_total"),
            fmt::format("hits_total{{http_route=\"/x\", {0}, {1}}} 7@1\n"
                        "queue{{http_route=\"/x\", {0}, {1}}} 5@1\n",
                        kWho, kService));
  auto metadata = store_->metrics().metadata(tenant_);
  ASSERT_EQ(metadata->size(), 2u);
  EXPECT_EQ(metadata->at(0).name + " " + metadata->at(0).type, "hits_total counter");
}

TEST_F(OtlpMetricsTest, HistogramIsCumulativeByBound) {
  write_metric(
      named("d", "s", model::HistogramData{{histogram(1, {3, 2, 1})}, Temporality::kCumulative}));
  std::string out = select("d_seconds.*", {{MatchKind::kEqual, "http_route", "/x"}});
  EXPECT_EQ(out, fmt::format("d_seconds_bucket{{http_route=\"/x\", {0}, le=\"+Inf\", {1}}} 6@1\n"
                             "d_seconds_bucket{{http_route=\"/x\", {0}, le=\"0.005\", {1}}} 3@1\n"
                             "d_seconds_bucket{{http_route=\"/x\", {0}, le=\"1\", {1}}} 5@1\n"
                             "d_seconds_count{{http_route=\"/x\", {0}, {1}}} 6@1\n"
                             "d_seconds_sum{{http_route=\"/x\", {0}, {1}}} 2.5@1\n",
                             kWho, kService));
}

TEST_F(OtlpMetricsTest, DeltasAddUpAlsoOverARestart) {
  resource_ = {};
  auto delta = [&](double t, double v) {
    write_metric(named("n", "", model::SumData{{number(t, v)}, Temporality::kDelta, true}));
  };
  delta(1, 2);
  delta(2, 3);
  ASSERT_TRUE(store_->maintain());
  reopen();
  delta(3, 4);
  delta(2.5, 100);  // late: cannot be placed any more
  EXPECT_EQ(select("n_total"), "n_total{http_route=\"/x\"} 2@1 5@2 9@3\n");
}

TEST_F(OtlpMetricsTest, NoRecordedValueIsAStaleMarker) {
  resource_ = {};
  write_metric(
      named("d", "", model::HistogramData{{histogram(1, {3, 2, 1})}, Temporality::kCumulative}));
  auto gone = point<model::HistogramPoint>(2);
  gone.flags = model::kNoRecordedValue;
  reopen();
  write_metric(named("d", "", model::HistogramData{{gone}, Temporality::kCumulative}));
  EXPECT_EQ(select("d.*"),
            "d_bucket{http_route=\"/x\", le=\"+Inf\"} 6@1 stale@2\n"
            "d_bucket{http_route=\"/x\", le=\"0.005\"} 3@1 stale@2\n"
            "d_bucket{http_route=\"/x\", le=\"1\"} 5@1 stale@2\n"
            "d_count{http_route=\"/x\"} 6@1 stale@2\n"
            "d_sum{http_route=\"/x\"} 2.5@1 stale@2\n");
}

TEST_F(OtlpMetricsTest, ExponentialHistogramGetsDerivedBuckets) {
  resource_ = {};
  auto p = point<model::ExponentialHistogramPoint>(1);
  p.scale = 0;
  p.count = 7;
  p.zero_count = 1;
  p.positive = {0, {4, 2}};  // (1, 2], (2, 4]
  write_metric(named("e", "", model::ExponentialHistogramData{{p}, Temporality::kCumulative}));
  EXPECT_EQ(select("e_bucket"),
            "e_bucket{http_route=\"/x\", le=\"+Inf\"} 7@1\n"
            "e_bucket{http_route=\"/x\", le=\"0\"} 1@1\n"
            "e_bucket{http_route=\"/x\", le=\"1\"} 1@1\n"
            "e_bucket{http_route=\"/x\", le=\"2\"} 5@1\n"
            "e_bucket{http_route=\"/x\", le=\"4\"} 7@1\n");
}

TEST_F(OtlpMetricsTest, SummaryBecomesQuantiles) {
  resource_ = {};
  auto p = point<model::SummaryPoint>(1);
  p.count = 4;
  p.sum = 9;
  p.quantiles = {{0.5, 2}, {0.99, 3}};
  write_metric(named("s", "", model::SummaryData{{p}}));
  EXPECT_EQ(select("s.*"),
            "s{http_route=\"/x\", quantile=\"0.5\"} 2@1\n"
            "s{http_route=\"/x\", quantile=\"0.99\"} 3@1\n"
            "s_count{http_route=\"/x\"} 4@1\n"
            "s_sum{http_route=\"/x\"} 9@1\n");
}

TEST_F(OtlpMetricsTest, TargetInfoHasTheRest) {
  resource_.attributes.push_back({"host.name", {std::string("h")}});
  write_metric(named("queue", "", model::GaugeData{{number(1, 5)}}));
  EXPECT_EQ(select("target_info"),
            fmt::format("target_info{{host_name=\"h\", {}, {}}} 1@1\n", kWho, kService));
}

TEST_F(OtlpMetricsTest, ExemplarsAreFoundUnderTheirBucket) {
  resource_ = {};
  auto p = histogram(2, {3, 2, 1});
  model::Exemplar exemplar;
  exemplar.time_ns = at_ns(1.5);
  exemplar.value = {0.5};
  exemplar.trace_id = trace_id(9);
  p.exemplars = {exemplar};
  write_metric(named("d", "", model::HistogramData{{p}, Temporality::kCumulative}));
  std::string out;
  MetricsSelect wanted{.tenant = tenant_,
                       .range = {},
                       .matchers = {{MatchKind::kEqual, "__name__", "d_bucket"}},
                       .limit = 0};
  auto visit = [&](const model::Labels& series, const ExemplarView& e) -> Status {
    out += model::to_string(series) + " " + model::to_string(*e.labels);
    return {};
  };
  ASSERT_TRUE(store_->metrics().exemplars(wanted, visit));
  EXPECT_EQ(out, "d_bucket{http_route=\"/x\", le=\"1\"} {trace_id=\"" + trace_id(9).hex() + "\"}");
}

TEST_F(OtlpMetricsTest, OutOfOrderIsSortedAndTheLastOneWins) {
  for (auto [t, v] :
       std::vector<std::pair<double, double>>{{3, 3}, {1, 1}, {2, 2}, {1, 9}, {4, 4}, {4, 4}}) {
    write_sample("up", t, v);
  }
  EXPECT_EQ(select("up"), "up 9@1 2@2 3@3 4@4\n");
}

TEST(SeriesIndex, TellsCollidingLabelSetsApart) {
  SeriesIndex index([](const model::Labels&) -> uint64_t { return 1; });
  std::vector<SeriesId> ids;
  for (int i = 0; i < 50; i++) ids.push_back(index.find_or_add({{"a", std::to_string(i)}}));
  for (int i = 0; i < 50; i++)
    EXPECT_EQ(index.find({{"a", std::to_string(i)}}), ids[static_cast<size_t>(i)]);
  EXPECT_EQ(index.find({{"a", "x"}}), kNoSeries);
}

TEST_F(OtlpMetricsTest, MatchersOfEveryKind) {
  for (auto s : {"m{a=\"x\"}", "m{a=\"y\"}", "m{b=\"x\"}"}) write_sample(s, 1, 1);
  auto f = [&](MatchKind kind, const char* value, std::string expected) {
    std::string out;
    MetricsSelect wanted{.tenant = tenant_,
                         .range = {},
                         .matchers = {{MatchKind::kEqual, "__name__", "m"}, {kind, "a", value}},
                         .limit = 0};
    ASSERT_TRUE(store_->metrics().series(wanted, [&](const model::Labels& labels) -> Status {
      out += model::to_string(labels);
      return {};
    }));
    EXPECT_EQ(out, expected) << value;
  };
  f(MatchKind::kEqual, "x", "m{a=\"x\"}");
  f(MatchKind::kEqual, "", "m{b=\"x\"}");
  f(MatchKind::kNotEqual, "x", "m{a=\"y\"}m{b=\"x\"}");
  f(MatchKind::kNotEqual, "", "m{a=\"x\"}m{a=\"y\"}");
  f(MatchKind::kRegex, "x|y", "m{a=\"x\"}m{a=\"y\"}");
  f(MatchKind::kRegex, "[x]", "m{a=\"x\"}");
  f(MatchKind::kRegex, "x|", "m{a=\"x\"}m{b=\"x\"}");
  f(MatchKind::kRegex, ".*", "m{a=\"x\"}m{a=\"y\"}m{b=\"x\"}");
  f(MatchKind::kRegex, ".+", "m{a=\"x\"}m{a=\"y\"}");
  f(MatchKind::kNotRegex, "x.*", "m{a=\"y\"}m{b=\"x\"}");
  EXPECT_NE(select("m", {{MatchKind::kRegex, "a", "("}}).find("missing )"), std::string::npos);
}

}  // namespace
}  // namespace tarsier::store
