#include <fmt/format.h>

#include <algorithm>

#include "query/promql/eval.h"

namespace tarsier::query::promql {
namespace {

// Nanoseconds of 64 bits reach from 1677 to 2262; times beyond have no samples.
constexpr int64_t kTimeMaxMs = INT64_MAX / 1'000'000;
constexpr int64_t kDefaultSubqueryStepMs = 60'000;

int64_t clamped(__int128 time_ms) {
  return static_cast<int64_t>(std::clamp<__int128>(time_ms, -kTimeMaxMs, kTimeMaxMs));
}

// The time that a selector looks at, at each step.
struct Reference {
  Steps steps;
  const TimeShift& shift;
  int64_t at(size_t i) const {
    const int64_t time = shift.at == AtKind::kTime ? shift.at_ms : steps.at(i);
    return clamped(static_cast<__int128>(time) - shift.offset.ms);
  }
};

Status refuse_extended(const VectorSelector& selector) {
  if (!selector.anchored && !selector.smoothed) return {};
  return unsupported(fmt::format("the modifier \"{}\" is not supported",
                                 selector.anchored ? "anchored" : "smoothed"));
}

Status select(Evaluation& evaluation, const VectorSelector& selector, int64_t after_ms,
              int64_t end_ms, const std::function<Status(const store::SeriesView&)>& visit) {
  TRY_STATUS(refuse_extended(selector));
  const store::TimeRange range{clamped(static_cast<__int128>(after_ms) + 1) * 1'000'000,
                               clamped(end_ms) * 1'000'000 + 999'999};
  const store::MetricsSelect query{evaluation.context.tenant, range, selector.matchers, 0};
  return evaluation.metrics.select(query, [&](const store::SeriesView& series) -> Status {
    evaluation.context.samples_read += series.samples.size();
    TRY_STATUS(evaluation.context.check());
    return visit(series);
  });
}

// The newest sample at each step, unless it is stale or older than the lookback.
template <typename Value>
bool look_back(std::span<const model::Sample> samples, const Reference& reference,
               int64_t lookback_ms, std::span<double> out, const Value& value) {
  bool any = false;
  size_t next = 0;
  for (size_t i = 0; i < out.size(); i++) {
    const int64_t now = reference.at(i);
    while (next < samples.size() && samples[next].time_ms <= now) next++;
    out[i] = kAbsent;
    if (next == 0) continue;
    const model::Sample& sample = samples[next - 1];
    if (sample.time_ms <= now - lookback_ms || model::is_stale(sample.value)) continue;
    out[i] = value(sample);
    any = true;
  }
  return any;
}

template <typename Value>
Status eval_instant(Evaluation& evaluation, const VectorSelector& selector,
                    const Reference& reference, bool drop_name, const Emit& emit,
                    const Value& value) {
  const int64_t lookback = evaluation.options.lookback_ms;
  const size_t count = reference.steps.count;
  std::vector<double> values(count);
  return select(evaluation, selector, clamped(reference.at(0) - lookback), reference.at(count - 1),
                [&](const store::SeriesView& series) -> Status {
                  if (!look_back(series.samples, reference, lookback, values, value)) return {};
                  Row row{&series.labels, drop_name, values};
                  return emit(row);
                });
}

// Range selectors do not see stale markers. Copies only when there is one.
std::span<const model::Sample> without_stale(std::span<const model::Sample> samples,
                                             std::vector<model::Sample>& buffer) {
  const auto stale = [](const model::Sample& sample) { return model::is_stale(sample.value); };
  if (std::ranges::none_of(samples, stale)) return samples;
  buffer.assign(samples.begin(), samples.end());
  std::erase_if(buffer, stale);
  return buffer;
}

Status select_windows(Evaluation& evaluation, const VectorSelector& selector,
                      const Windows& windows,
                      const std::function<Status(const SampledSeries&)>& visit) {
  std::vector<model::Sample> buffer;
  const int64_t first = windows.end(0), last = windows.end(windows.steps.count - 1);
  return select(evaluation, selector, clamped(static_cast<__int128>(first) - windows.range_ms),
                last, [&](const store::SeriesView& series) -> Status {
                  const auto samples = without_stale(series.samples, buffer);
                  if (samples.empty()) return {};
                  return visit({&series.labels, false, samples});
                });
}

// The subquery's own grid: multiples of its step, behind the first window's start.
Result<Steps> subquery_steps(const Subquery& subquery, const Windows& windows) {
  const int64_t step = subquery.step.ms != 0 ? subquery.step.ms : kDefaultSubqueryStepMs;
  const int64_t after = windows.end(0) - windows.range_ms;
  int64_t start = step * (after / step);
  if (start <= after) start += step;
  const int64_t end = windows.end(windows.steps.count - 1);
  if (end < start) return Steps{start, step, 0};
  return Steps{start, step, static_cast<size_t>((end - start) / step) + 1};
}

Status eval_subquery(Evaluation& evaluation, const Subquery& subquery, const Windows& windows,
                     const std::function<Status(const SampledSeries&)>& visit) {
  TRY(const Steps steps, subquery_steps(subquery, windows));
  if (steps.count == 0) return {};
  TRY_STATUS(evaluation.context.reserve(steps.count * (sizeof(double) + sizeof(model::Sample))));
  std::vector<model::Sample> samples;
  return eval_vector(evaluation, *subquery.expr, steps, [&](Row& row) -> Status {
    samples.clear();
    for (size_t i = 0; i < steps.count; i++) {
      if (!is_absent(row.values[i])) samples.push_back({steps.at(i), row.values[i]});
    }
    if (samples.empty()) return {};
    if (!evaluation.hides_name(row)) return visit({row.labels, row.drop_name, samples});
    model::Labels labels = *row.labels;
    erase_metadata(labels);
    return visit({&labels, false, samples});
  });
}

const TimeShift& shift_of(const Expr& matrix) {
  if (const auto* subquery = matrix.as<Subquery>()) return subquery->shift;
  return matrix.as<MatrixSelector>()->vector->as<VectorSelector>()->shift;
}

}  // namespace

Status eval_selector(Evaluation& evaluation, const VectorSelector& selector, const Steps& steps,
                     const Emit& emit) {
  return eval_instant(evaluation, selector, {steps, selector.shift}, false, emit,
                      [](const model::Sample& sample) { return sample.value; });
}

Status eval_timestamps(Evaluation& evaluation, const VectorSelector& selector, const Steps& steps,
                       const Emit& emit) {
  // With @ the reference implementation looks at that time, whatever the offset.
  TimeShift shift{selector.shift.at, selector.shift.at_ms, {}};
  if (shift.at == AtKind::kNone) shift.offset.ms = selector.shift.offset.ms;
  return eval_instant(
      evaluation, selector, {steps, shift}, true, emit,
      [](const model::Sample& sample) { return static_cast<double>(sample.time_ms) / 1000; });
}

Windows windows_of(const Evaluation& evaluation, const Expr& matrix, const Steps& steps) {
  const TimeShift& shift = shift_of(matrix);
  const auto* subquery = matrix.as<Subquery>();
  Windows windows{steps, 0, shift.offset.ms, {}, &evaluation.context};
  windows.range_ms =
      subquery != nullptr ? subquery->range.ms : matrix.as<MatrixSelector>()->range.ms;
  if (shift.at == AtKind::kTime) windows.at_ms = shift.at_ms;
  return windows;
}

Status for_each_series(Evaluation& evaluation, const Expr& matrix, const Steps& steps,
                       const std::function<Status(const SampledSeries&)>& visit) {
  const Windows windows = windows_of(evaluation, matrix, steps);
  if (const auto* subquery = matrix.as<Subquery>()) {
    return eval_subquery(evaluation, *subquery, windows, visit);
  }
  const auto& selector = *matrix.as<MatrixSelector>()->vector->as<VectorSelector>();
  return select_windows(evaluation, selector, windows, visit);
}

}  // namespace tarsier::query::promql
