// What an item costs: CPU to take, bytes in memory and in the log, and how fast it is read again.
#include <benchmark/benchmark.h>

#include "base/random.h"
#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

constexpr int64_t kStart = 1'700'000'000 * kSecond;

using testing::TempFolder;

struct Bench {
  Bench() {
    options.folder = folder.path();
    options.fsync = false;  // the disk is not what is measured
    options.commit_interval = std::chrono::milliseconds(0);
    options.snapshot_log_bytes = UINT64_MAX;
    options.retention_bytes = UINT64_MAX;
    store = std::move(*Store::open(options, clock));
  }
  void write(model::Batch&& batch) {
    items += batch.items();
    if (!store->offer(std::move(batch)).wait()) std::abort();
  }
  // Bytes an item in the log, and in memory once sealed in a part.
  void report(benchmark::State& state, uint64_t counted) {
    uint64_t log = 0, part = 0;
    for (const auto& e : std::filesystem::directory_iterator(options.folder / "log"))
      log += e.file_size();
    options.snapshot_log_bytes = 1;
    store.reset();
    if (auto again = Store::open(options, clock)) {
      (void)(*again)->maintain();
    }
    for (const auto& e : std::filesystem::directory_iterator(options.folder / "parts"))
      part += e.file_size();
    auto per = [&](uint64_t bytes) {
      return static_cast<double>(bytes) / static_cast<double>(counted);
    };
    state.counters["log_B"] = per(log);
    state.counters["part_B"] = per(part);
    state.counters["items/s"] =
        benchmark::Counter(static_cast<double>(counted), benchmark::Counter::kIsRate);
  }

  FakeClock clock{kStart + 12 * kHour};
  TempFolder folder;
  Options options;
  std::unique_ptr<Store> store;
  uint64_t items = 0;
};

model::Resource service(int i) {
  return {{{"service.name", {"service-" + std::to_string(i)}},
           {"service.namespace", {std::string("shop")}},
           {"service.instance.id", {"host:" + std::to_string(4000 + i)}},
           {"host.name", {std::string("vm-1")}}},
          0,
          {}};
}

// 20 services, 10 routes, 3 statuses: one cumulative histogram each, every 5 s.
model::Batch red(int step, Random& random, std::vector<model::HistogramPoint>& points) {
  model::Batch batch;
  size_t at = 0;
  for (int s = 0; s < 20; s++) {
    model::Metric metric{.name = "http.server.request.duration",
                         .description = "",
                         .unit = "s",
                         .metadata = {},
                         .data = {}};
    model::HistogramData data{{}, model::Temporality::kCumulative};
    for (int r = 0; r < 30; r++, at++) {
      if (points.size() <= at) {
        model::HistogramPoint p;
        p.attributes = {{"http.request.method", {std::string("GET")}},
                        {"http.route", {"/api/thing/{id}/" + std::to_string(r / 3)}},
                        {"http.response.status_code", {int64_t{200 + 100 * (r % 3)}}},
                        {"url.scheme", {std::string("http")}},
                        {"server.port", {int64_t{8080}}}};
        p.bounds = {0, .005, .01, .025, .05, .075, .1, .25, .5, .75, 1, 2.5, 5, 7.5, 10};
        p.bucket_counts.resize(16);
        p.sum = 0;
        points.push_back(p);
      }
      model::HistogramPoint& p = points[at];
      p.time_ns = kStart + step * 5 * kSecond;
      for (int n = 0; n < 20; n++) {
        p.bucket_counts[2 + random.next() % 6]++;
        p.count++;
        *p.sum += random.uniform() * 0.1;
      }
      data.points.push_back(p);
    }
    metric.data = std::move(data);
    batch.metrics.push_back({service(s), "", {{{"tarsier", "1", {}, 0}, "", {std::move(metric)}}}});
  }
  return batch;
}

void BM_IngestRed(benchmark::State& state) {
  Bench bench;
  Random random(1);
  std::vector<model::HistogramPoint> points;
  int step = 0;
  uint64_t samples = 0;
  for (auto _ : state) {
    state.PauseTiming();
    model::Batch batch = red(step++, random, points);
    samples += batch.items() * 18 + 20;
    state.ResumeTiming();
    bench.write(std::move(batch));
  }
  bench.report(state, samples);
}
BENCHMARK(BM_IngestRed)->Iterations(300)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

// 2,000 series with ten labels, one sample each, as an agent sends them.
model::Batch remote_write(int step, Random& random, std::vector<double>& values) {
  model::Batch batch;
  for (int i = 0; i < 2000; i++) {
    if (values.size() < 2000) values.push_back(std::floor(random.uniform() * 1e6));
    if (i % 10 < 6)
      values[size_t(i)] += std::floor(random.uniform() * 100);
    else if (i % 10 < 8)
      values[size_t(i)] =
          std::round(values[size_t(i)] * (1 + 0.01 * random.uniform()) * 1000) / 1000;
    model::Labels labels = {{"__name__", "node_metric_" + std::to_string(i % 400) + "_total"},
                            {"cluster", "prod-eu-west-1"},
                            {"cpu", std::to_string(i % 16)},
                            {"device", "eth" + std::to_string(i % 4)},
                            {"env", "production"},
                            {"instance", "host-" + std::to_string(i / 400) + ".example.com:9100"},
                            {"job", "node_exporter"},
                            {"mode", i % 2 ? "idle" : "user"},
                            {"namespace", "ns-" + std::to_string(i / 400)},
                            {"pod", "node-exporter-" + std::to_string(i / 400)}};
    batch.series.push_back(
        {std::move(labels), {{(kStart + step * 15 * kSecond) / kMillisecond, values[size_t(i)]}}});
  }
  return batch;
}

void BM_IngestRemoteWrite(benchmark::State& state) {
  Bench bench;
  Random random(1);
  std::vector<double> values;
  int step = 0;
  for (auto _ : state) {
    state.PauseTiming();
    model::Batch batch = remote_write(step++, random, values);
    state.ResumeTiming();
    bench.write(std::move(batch));
  }
  bench.report(state, bench.items);
}
BENCHMARK(BM_IngestRemoteWrite)
    ->Iterations(500)
    ->Unit(benchmark::kMillisecond)
    ->MeasureProcessCPUTime();

model::Batch spans(int step, Random& random) {
  model::Batch batch;
  for (int s = 0; s < 4; s++) {
    model::ResourceSpans resource{service(s), "", {{{"tarsier", "1", {}, 0}, "", {}}}};
    for (int i = 0; i < 250; i++) {
      model::Span span;
      for (auto& b : span.trace_id.bytes) b = static_cast<uint8_t>(random.next());
      for (auto& b : span.span_id.bytes) b = static_cast<uint8_t>(random.next());
      span.parent_span_id = span.span_id;
      span.name = "GET /api/thing/{id}";
      span.kind = model::SpanKind::kServer;
      span.start_ns =
          kStart + step * 50 * kMillisecond + static_cast<int64_t>(random.next() % 50'000'000);
      span.end_ns = span.start_ns + static_cast<int64_t>(random.next() % 100'000'000);
      span.attributes = {{"http.request.method", {std::string("GET")}},
                         {"url.path", {"/api/thing/" + std::to_string(random.next() % 10'000)}},
                         {"http.route", {std::string("/api/thing/{id}")}},
                         {"http.response.status_code", {int64_t{200}}},
                         {"http.response.body.size", {static_cast<int64_t>(random.next() % 5000)}},
                         {"client.address", {std::string("10.0.0.7")}},
                         {"server.address", {std::string("api.shop")}},
                         {"server.port", {int64_t{8080}}},
                         {"url.scheme", {std::string("http")}}};
      resource.scopes[0].records.push_back(std::move(span));
    }
    batch.spans.push_back(std::move(resource));
  }
  return batch;
}

void BM_IngestSpans(benchmark::State& state) {
  Bench bench;
  Random random(1);
  int step = 0;
  for (auto _ : state) {
    state.PauseTiming();
    model::Batch batch = spans(step++, random);
    state.ResumeTiming();
    bench.write(std::move(batch));
  }
  bench.report(state, bench.items);
}
BENCHMARK(BM_IngestSpans)->Iterations(300)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void BM_IngestLogs(benchmark::State& state) {
  Bench bench;
  Random random(1);
  int step = 0;
  for (auto _ : state) {
    state.PauseTiming();
    model::Batch from = spans(step++, random), batch;
    for (auto& r : from.spans) {
      model::ResourceLogs logs{r.resource, "", {{{"tarsier", "1", {}, 0}, "", {}}}};
      for (auto& span : r.scopes[0].records) {
        model::LogRecord record;
        record.time_ns = span.start_ns;
        record.severity_number = 9;
        record.trace_id = span.trace_id;
        record.span_id = span.span_id;
        record.body = {"GET " + model::to_string(span.attributes[1].value) + " 200 12.3ms"};
        record.attributes = {span.attributes[0], span.attributes[1], span.attributes[3]};
        logs.scopes[0].records.push_back(std::move(record));
      }
      batch.logs.push_back(std::move(logs));
    }
    state.ResumeTiming();
    bench.write(std::move(batch));
  }
  bench.report(state, bench.items);
}
BENCHMARK(BM_IngestLogs)->Iterations(300)->Unit(benchmark::kMillisecond)->MeasureProcessCPUTime();

void BM_Select(benchmark::State& state) {
  Bench bench;
  Random random(1);
  std::vector<double> values;
  for (int step = 0; step < 960; step++) bench.write(remote_write(step, random, values));
  MetricsSelect all;
  all.matchers = {{MatchKind::kRegex, "__name__", "node_.+"}};
  uint64_t samples = 0;
  for (auto _ : state) {
    (void)bench.store->metrics().select(all, [&](const SeriesView& view) -> Status {
      samples += view.samples.size();
      return {};
    });
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Select)->Unit(benchmark::kMillisecond);

void BM_Replay(benchmark::State& state) {
  Bench bench;
  Random random(1);
  for (int step = 0; step < 300; step++) bench.write(spans(step, random));
  bench.store.reset();
  for (auto _ : state)
    bench.store.reset(), bench.store = std::move(*Store::open(bench.options, bench.clock));
  state.counters["spans/s"] = benchmark::Counter(
      static_cast<double>(bench.items * state.iterations()), benchmark::Counter::kIsRate);
}
BENCHMARK(BM_Replay)->Iterations(3)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace tarsier::store
