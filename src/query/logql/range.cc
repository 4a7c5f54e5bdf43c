// Range aggregations: lines into samples, samples into windows that slide over the grid.
#include <fmt/format.h>

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>

#include "query/logql/columns.h"
#include "query/logql/entry.h"
#include "query/logql/pipeline.h"
#include "query/syntax/literal.h"

namespace tarsier::query::logql {
namespace {

struct Point {
  int64_t time_ns = 0;
  double value = 0;
};
struct Points {
  model::Labels labels;
  std::vector<Point> points;
};

std::optional<double> unwrapped(Unwrap unwrap, std::string_view text) {
  if (unwrap == Unwrap::kBytes) return syntax::parse_bytes(text);
  if (unwrap == Unwrap::kNumber) return syntax::parse_number(text);
  std::optional<int64_t> ns = syntax::parse_duration_ns(text);
  return ns ? std::optional(static_cast<double>(*ns) / 1e9) : syntax::parse_number(text);
}

class Collector {
 public:
  Collector(const Metric& metric, const std::optional<Grouping>& only, Evaluation& evaluation)
      : metric_(metric), only_(only ? only : metric.grouping), evaluation_(evaluation) {}

  Result<std::vector<Points>> collect() {
    TRY(store::LogSelect select, log_select(metric_.log));
    select.tenant = evaluation_.context.tenant;
    select.newest_first = false;
    // Windows are (t - range, t]; the store's ranges are [start, end).
    const GridNs& grid = evaluation_.grid;
    select.range = {grid.at(0) - metric_.range_ns - metric_.offset_ns + 1,
                    grid.end_ns - metric_.offset_ns + 1};
    TRY_STATUS(
        evaluation_.events.logs(select, [this](const store::LogRow& row) { return add(row); }));
    return std::move(series_);
  }

 private:
  Status add(const store::LogRow& row) {
    if (++rows_ % 1024 == 0) {
      evaluation_.context.samples_read += 1024;
      TRY_STATUS(evaluation_.context.check());
    }
    entry_.start(row);
    if (!run(metric_.log.stages, entry_)) return {};
    double value = metric_.range_op == RangeOp::kBytes || metric_.range_op == RangeOp::kBytesRate
                       ? static_cast<double>(entry_.line().size())
                       : 1;
    if (metric_.unwrap != Unwrap::kNone) {
      std::string_view text = entry_.label(metric_.unwrap_label);
      if (text.empty()) return {};
      std::optional<double> number = unwrapped(metric_.unwrap, text);
      if (!number)
        entry_.set_error("SampleExtractionErr", "\"" + std::string(text) + "\" is not a number");
      value = number.value_or(0);
    }
    for (const LabelFilterPtr& filter : metric_.after_unwrap) {
      if (!passes(*filter, entry_)) return {};
    }
    if (std::string_view error = entry_.label("__error__"); !error.empty()) {
      return invalid(
          fmt::format("pipeline error: '{}' for series: '{}'. Use a label filter to intentionally "
                      "skip this error. (e.g | __error__!=\"{}\")",
                      error, model::to_string(entry_.all()), error));
    }
    return store({row.time_ns, value});
  }

  Status store(Point point) {
    model::Labels labels = entry_.all();
    if (metric_.unwrap != Unwrap::kNone)
      std::erase_if(labels, [&](const model::Label& l) { return l.name == metric_.unwrap_label; });
    if (only_) labels = grouped(labels, only_);
    std::vector<size_t>& bucket = index_[model::fingerprint(labels)];
    auto it = std::find_if(bucket.begin(), bucket.end(),
                           [&](size_t i) { return series_[i].labels == labels; });
    size_t at = it == bucket.end() ? series_.size() : *it;
    if (it == bucket.end()) {
      bucket.push_back(at);
      TRY_STATUS(evaluation_.context.reserve(256));
      series_.push_back({std::move(labels), {}});
    }
    std::vector<Point>& points = series_[at].points;
    if (points.size() == points.capacity()) {
      TRY_STATUS(evaluation_.context.reserve(std::max<size_t>(points.size(), 8) * sizeof(Point)));
      points.reserve(std::max<size_t>(points.size() * 2, 8));
    }
    points.push_back(point);
    return {};
  }

  const Metric& metric_;
  std::optional<Grouping> only_;
  Evaluation& evaluation_;
  Entry entry_;
  size_t rows_ = 0;
  std::vector<Points> series_;
  boost::unordered_flat_map<uint64_t, std::vector<size_t>> index_;
};

double quantile(double phi, std::vector<double> values) {
  std::sort(values.begin(), values.end());
  if (phi < 0) return -std::numeric_limits<double>::infinity();
  if (phi > 1) return std::numeric_limits<double>::infinity();
  double rank = phi * static_cast<double>(values.size() - 1);
  auto low = static_cast<size_t>(rank);
  size_t high = std::min(low + 1, values.size() - 1);
  double weight = rank - static_cast<double>(low);
  return values[low] * (1 - weight) + values[high] * weight;
}

double variance(const Point* begin, const Point* end) {
  double mean = 0, sum = 0, n = 0;
  for (const Point* p = begin; p != end; p++) {
    n++;
    double delta = p->value - mean;
    mean += delta / n;
    sum += delta * (p->value - mean);
  }
  return sum / n;
}

double counter_rate(const Point* begin, const Point* end, double seconds) {
  if (end - begin < 2) return kMissing;
  double increase = 0;
  for (const Point* p = begin + 1; p != end; p++) {
    increase += p->value >= p[-1].value ? p->value - p[-1].value : p->value;
  }
  return increase / seconds;
}

// The value of one window that is not empty. Sums are handed in: they slide.
double window_value(const Metric& m, const Point* begin, const Point* end, double sum) {
  double n = static_cast<double>(end - begin), seconds = static_cast<double>(m.range_ns) / 1e9;
  auto less = [](const Point& a, const Point& b) { return a.value < b.value; };
  switch (m.range_op) {
    case RangeOp::kCount:
      return n;
    case RangeOp::kRate:
      return (m.unwrap == Unwrap::kNone ? n : sum) / seconds;
    case RangeOp::kBytes:
    case RangeOp::kSum:
      return sum;
    case RangeOp::kBytesRate:
      return sum / seconds;
    case RangeOp::kAvg:
      return sum / n;
    case RangeOp::kMin:
      return std::min_element(begin, end, less)->value;
    case RangeOp::kMax:
      return std::max_element(begin, end, less)->value;
    case RangeOp::kFirst:
      return begin->value;
    case RangeOp::kLast:
      return end[-1].value;
    case RangeOp::kStddev:
      return std::sqrt(variance(begin, end));
    case RangeOp::kStdvar:
      return variance(begin, end);
    case RangeOp::kRateCounter:
      return counter_rate(begin, end, seconds);
    case RangeOp::kQuantile: {
      std::vector<double> values;
      for (const Point* p = begin; p != end; p++) values.push_back(p->value);
      return quantile(m.parameter, std::move(values));
    }
    case RangeOp::kAbsent:
      return kMissing;
  }
  return kMissing;
}

std::vector<double> slide(const Metric& metric, const std::vector<Point>& points,
                          const GridNs& grid) {
  std::vector<double> out(grid.steps(), kMissing);
  size_t begin = 0, end = 0;
  double sum = 0, compensation = 0;
  auto add = [&](double value) {  // Neumaier: what leaves a window must leave nothing behind
    double next = sum + value;
    compensation +=
        std::fabs(sum) >= std::fabs(value) ? (sum - next) + value : (value - next) + sum;
    sum = next;
  };
  for (size_t i = 0; i < out.size(); i++) {
    int64_t until = grid.at(i) - metric.offset_ns, from = until - metric.range_ns;
    while (end < points.size() && points[end].time_ns <= until) add(points[end++].value);
    while (begin < end && points[begin].time_ns <= from) add(-points[begin++].value);
    if (begin == end) {
      sum = compensation = 0;
      continue;
    }
    out[i] = window_value(metric, points.data() + begin, points.data() + end, sum + compensation);
  }
  return out;
}

Columns absent(const Metric& metric, const std::vector<Points>& series, const GridNs& grid) {
  Column out;
  for (const store::Matcher& m : metric.log.selector) {
    if (m.kind == store::MatchKind::kEqual) out.labels.push_back({m.name, m.value});
  }
  model::normalise(out.labels);
  std::vector<bool> seen(grid.steps());
  for (const Points& s : series) {
    Metric count;
    count.range_ns = metric.range_ns;
    count.offset_ns = metric.offset_ns;
    std::vector<double> values = slide(count, s.points, grid);
    for (size_t i = 0; i < values.size(); i++) seen[i] = seen[i] || !missing(values[i]);
  }
  for (bool s : seen) out.values.push_back(s ? kMissing : 1);
  return {false, {std::move(out)}};
}

}  // namespace

Result<Columns> evaluate_range(const Metric& metric, const std::optional<Grouping>& only,
                               Evaluation& evaluation) {
  TRY(std::vector<Points> series, Collector(metric, only, evaluation).collect());
  if (metric.range_op == RangeOp::kAbsent) return absent(metric, series, evaluation.grid);
  Columns out;
  for (Points& s : series) {
    TRY_STATUS(evaluation.context.check());
    TRY_STATUS(evaluation.context.reserve(evaluation.grid.steps() * sizeof(double)));
    out.columns.push_back({std::move(s.labels), slide(metric, s.points, evaluation.grid)});
  }
  return out;
}

}  // namespace tarsier::query::logql
