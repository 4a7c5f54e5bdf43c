// Metrics as OTLP carries them: gauge, sum, histogram, exponential histogram, summary.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/value.h"

namespace tarsier::model {

enum class Temporality { kUnspecified, kDelta, kCumulative };
inline constexpr uint32_t kNoRecordedValue = 1;  // data point flag: the series went stale here

// OTLP's number: nothing, an integer or a double. Doubles are compared by bits.
struct Number {
  std::variant<std::monostate, int64_t, double> data;
  bool operator==(const Number&) const;
  double as_double() const;  // NaN when there is nothing
};

struct Exemplar {
  Attributes filtered_attributes;
  int64_t time_ns = 0;
  Number value;
  SpanId span_id;
  TraceId trace_id;
  bool operator==(const Exemplar&) const = default;
};

// What every kind of data point has. Times are nanoseconds since the Unix epoch.
struct Point {
  Attributes attributes;
  int64_t start_ns = 0;
  int64_t time_ns = 0;
  uint32_t flags = 0;
  bool operator==(const Point&) const = default;
};

struct NumberPoint : Point {
  Number value;
  std::vector<Exemplar> exemplars;
  bool operator==(const NumberPoint&) const = default;
};

// Absent sum, min or max differ from zero.
struct HistogramPoint : Point {
  uint64_t count = 0;
  std::optional<double> sum, min, max;
  std::vector<uint64_t> bucket_counts;  // not cumulative; one more than bounds, or both empty
  std::vector<double> bounds;           // upper, inclusive
  std::vector<Exemplar> exemplars;
  bool operator==(const HistogramPoint&) const;
};

struct ExponentialBuckets {
  int32_t offset = 0;
  std::vector<uint64_t> counts;
  bool operator==(const ExponentialBuckets&) const = default;
};

struct ExponentialHistogramPoint : Point {
  uint64_t count = 0;
  std::optional<double> sum, min, max;
  int32_t scale = 0;  // bucket i covers (b^i, b^(i+1)], b = 2^(2^-scale)
  uint64_t zero_count = 0;
  double zero_threshold = 0;
  ExponentialBuckets positive, negative;
  std::vector<Exemplar> exemplars;
  bool operator==(const ExponentialHistogramPoint&) const;
};

struct SummaryPoint : Point {
  struct Quantile {
    double quantile = 0, value = 0;
    bool operator==(const Quantile&) const;
  };
  uint64_t count = 0;
  double sum = 0;
  std::vector<Quantile> quantiles;
  bool operator==(const SummaryPoint&) const;
};

struct GaugeData {
  std::vector<NumberPoint> points;
  bool operator==(const GaugeData&) const = default;
};
struct SumData {
  std::vector<NumberPoint> points;
  Temporality temporality = Temporality::kUnspecified;
  bool monotonic = false;
  bool operator==(const SumData&) const = default;
};
struct HistogramData {
  std::vector<HistogramPoint> points;
  Temporality temporality = Temporality::kUnspecified;
  bool operator==(const HistogramData&) const = default;
};
struct ExponentialHistogramData {
  std::vector<ExponentialHistogramPoint> points;
  Temporality temporality = Temporality::kUnspecified;
  bool operator==(const ExponentialHistogramData&) const = default;
};
struct SummaryData {
  std::vector<SummaryPoint> points;
  bool operator==(const SummaryData&) const = default;
};

struct Metric {
  std::string name, description, unit;
  Attributes metadata;
  std::variant<std::monostate, GaugeData, SumData, HistogramData, ExponentialHistogramData,
               SummaryData>
      data;
  bool operator==(const Metric&) const = default;

  size_t points() const;
};

}  // namespace tarsier::model
