// Range queries over many series, straight from memory: samples scanned a second.
#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "query/engine.h"
#include "query/testing/memory_metrics.h"

namespace tarsier::query {
namespace {

constexpr int64_t kIntervalMs = 15'000, kSamples = 240;  // an hour

const testing::MemoryMetrics& metrics(int64_t series) {
  static std::map<int64_t, testing::MemoryMetrics> all;
  const auto [at, added] = all.try_emplace(series);
  if (!added) return at->second;
  for (int64_t s = 0; s < series; s++) {
    const model::Labels labels = {{"__name__", "requests_total"},
                                  {"instance", fmt::format("host-{:04}", s % 500)},
                                  {"job", fmt::format("job-{}", s % 7)},
                                  {"path", fmt::format("/path/{}", s / 500)}};
    for (int64_t i = 0; i < kSamples; i++) {
      at->second.add(labels, i * kIntervalMs, static_cast<double>((i * (s + 1)) % 5000));
    }
  }
  return at->second;
}

void range_query(benchmark::State& state, const char* query) {
  const auto& data = metrics(state.range(0));
  const Grid grid{300'000, kSamples * kIntervalMs, kIntervalMs};
  size_t samples = 0;
  for (auto _ : state) {
    QueryContext context;
    const auto value = evaluate_promql(context, data, query, grid);
    if (!value) return state.SkipWithError(value.error().message.c_str());
    samples += context.samples_read;
  }
  state.counters["samples/s"] =
      benchmark::Counter(static_cast<double>(samples), benchmark::Counter::kIsRate);
}

void sizes(benchmark::internal::Benchmark* bench) {
  bench->Arg(1'000)->Arg(10'000)->Unit(benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(range_query, sum_by_rate, "sum by (job) (rate(requests_total[5m]))")
    ->Apply(sizes);
BENCHMARK_CAPTURE(range_query, sum, "sum(requests_total)")->Apply(sizes);
BENCHMARK_CAPTURE(range_query, max_over_time, "max by (job) (max_over_time(requests_total[10m]))")
    ->Apply(sizes);
BENCHMARK_CAPTURE(range_query, avg_over_time, "avg by (job) (avg_over_time(requests_total[10m]))")
    ->Apply(sizes);
BENCHMARK_CAPTURE(range_query, topk, "topk(5, rate(requests_total[5m]))")->Apply(sizes);

}  // namespace
}  // namespace tarsier::query
