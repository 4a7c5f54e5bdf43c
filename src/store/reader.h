// Door of store, the way out: streaming selections. Every method may be called from any thread,
// sees every write acknowledged before the call, and calls back in the calling thread. A callback
// that returns an error ends the selection with that error (a deadline, a limit, "enough").
#pragma once

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::store {

// Nanoseconds since the Unix epoch, both ends included.
struct TimeRange {
  int64_t start_ns = 0;
  int64_t end_ns = std::numeric_limits<int64_t>::max();
};

enum class MatchKind { kEqual, kNotEqual, kRegex, kNotRegex };

// A regex is RE2 syntax and anchored at both ends. An absent label is the empty string.
struct Matcher {
  MatchKind kind = MatchKind::kEqual;
  std::string name, value;
};

struct ExemplarView {
  int64_t time_ms = 0;
  double value = 0;
  const model::Labels* labels = nullptr;
};

// One Prometheus series: sorted by time, one sample a millisecond, stale markers included.
struct SeriesView {
  const model::Labels& labels;
  std::span<const model::Sample> samples;
};

struct MetricMetadata {
  std::string name, type, help, unit;  // type: "counter", "gauge", "histogram", ...
};

struct MetricsSelect {
  std::string tenant;
  TimeRange range;
  std::vector<Matcher> matchers;  // all must hold; at least one must not match the empty string
  size_t limit = 0;               // series at most; 0 = no limit
};

class MetricsReader {
 public:
  virtual ~MetricsReader() = default;
  // Series in ascending label order. Series without a sample in the range are left out.
  virtual Status select(const MetricsSelect& select,
                        const std::function<Status(const SeriesView&)>& visit) const = 0;
  virtual Status series(const MetricsSelect& select,
                        const std::function<Status(const model::Labels&)>& visit) const = 0;
  // Sorted, unique. No matchers means all series.
  virtual Result<std::vector<std::string>> label_names(const MetricsSelect& select) const = 0;
  virtual Result<std::vector<std::string>> label_values(const MetricsSelect& select,
                                                        std::string_view name) const = 0;
  virtual Result<std::vector<MetricMetadata>> metadata(const std::string& tenant) const = 0;
  virtual Status exemplars(
      const MetricsSelect& select,
      const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const = 0;
  // Everything as it came in by OTLP, point for point.
  virtual Status export_otlp(const std::string& tenant, const TimeRange& range,
                             const std::function<Status(model::Batch&&)>& visit) const = 0;
};

// One log line as Loki shows it: the stream's index labels, the record's structured metadata.
struct LogRow {
  const model::Labels& stream;
  const model::Labels& metadata;
  int64_t time_ns = 0;
  std::string_view line;
};

struct LogSelect {
  std::string tenant;
  TimeRange range;                         // [start, end)
  std::vector<Matcher> matchers;           // on the stream's labels only
  std::vector<std::string> contains;       // hint: lines without one of these need not be shown
  std::optional<model::TraceId> trace_id;  // hint: only records of this trace need be shown
  bool newest_first = true;
};

// One span with who sent it.
struct SpanRow {
  const model::Resource& resource;
  const std::string& resource_schema_url;
  const model::Scope& scope;
  const std::string& scope_schema_url;
  const model::Span& span;
};

// All known spans of one trace, in order of start.
struct TraceView {
  model::TraceId trace_id;
  std::span<const SpanRow> spans;
};

struct TraceSelect {
  std::string tenant;
  TimeRange range;  // a trace is shown when one of its spans overlaps it
  // Hints: a trace without a span that meets all of them need not be shown.
  std::optional<std::string> service_name, span_name;
  std::optional<int64_t> duration_min_ns;
  bool newest_first = true;
};

class EventsReader {
 public:
  virtual ~EventsReader() = default;
  // In order of time (newest or oldest first); ties keep the order of arrival.
  virtual Status logs(const LogSelect& select,
                      const std::function<Status(const LogRow&)>& visit) const = 0;
  virtual Status streams(const LogSelect& select,
                         const std::function<Status(const model::Labels&)>& visit) const = 0;
  virtual Result<std::vector<std::string>> log_label_names(const LogSelect& select) const = 0;
  virtual Result<std::vector<std::string>> log_label_values(const LogSelect& select,
                                                            std::string_view name) const = 0;

  // kNotFound when no span of the trace is known. A span delivered twice is shown once.
  virtual Status trace(const std::string& tenant, const model::TraceId& id,
                       const std::function<Status(const TraceView&)>& visit) const = 0;
  virtual Status traces(const TraceSelect& select,
                        const std::function<Status(const TraceView&)>& visit) const = 0;

  virtual Status export_otlp(const std::string& tenant, const TimeRange& range,
                             const std::function<Status(model::Batch&&)>& visit) const = 0;
};

}  // namespace tarsier::store
