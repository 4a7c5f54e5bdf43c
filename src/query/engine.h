// Door of query: the three languages over the store's readers. Any thread; each call evaluates on
// the calling thread under its QueryContext. kInvalid carries "line:col: parse error: ..." of the
// query's text; kUnsupported names the construct that is not done here.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "base/result.h"
#include "model/batch.h"
#include "query/context.h"
#include "store/reader.h"

namespace tarsier::query {

// ---- PromQL and LogQL metric queries: Prometheus's value types ----

struct Series {
  model::Labels labels;
  std::vector<model::Sample> samples;  // a vector has one each
};
struct Scalar {
  int64_t time_ms = 0;
  double value = 0;
};
struct String {
  int64_t time_ms = 0;
  std::string value;
};
struct Vector {
  std::vector<Series> series;
};
struct Matrix {
  std::vector<Series> series;  // in label order
};

struct Annotations {
  std::vector<std::string> warnings, infos;
};

struct Value {
  std::variant<Scalar, String, Vector, Matrix> data;
  Annotations annotations;
};

// start = end and step 0 ask for an instant. All in milliseconds since the Unix epoch.
struct Grid {
  int64_t start_ms = 0, end_ms = 0, step_ms = 0;
  bool instant() const { return step_ms == 0; }
};

struct PromqlOptions {
  int64_t lookback_ms = 5 * 60 * 1000;
  // Names that functions drop stay visible to what follows, and go at the end (a feature flag of
  // Prometheus's, off by default as there).
  bool delayed_name_removal = false;
};

Result<Value> evaluate_promql(QueryContext& context, const store::MetricsReader& metrics,
                              std::string_view query, const Grid& grid,
                              const PromqlOptions& options = {});
// The vector selectors of an expression, for query_exemplars.
Result<std::vector<std::vector<store::Matcher>>> promql_selectors(std::string_view query);
// One series selector, as match[] has it.
Result<std::vector<store::Matcher>> promql_matchers(std::string_view selector);
// The query as Prometheus's formatter prints it, over several lines when one exceeds 100
// characters.
Result<std::string> promql_format(std::string_view query);

// ---- LogQL ----

struct LogEntry {
  int64_t time_ns = 0;
  std::string line;
  model::Labels metadata;  // structured metadata
  model::Labels parsed;    // extracted by the pipeline
};
struct LogStream {
  model::Labels labels;  // index labels as the pipeline left them
  std::vector<LogEntry> entries;
};
struct LogqlOptions {
  int64_t limit = 100;  // entries over all streams
  bool newest_first = true;
};
// Streams for a log query, Value for a metric query.
struct LogqlResult {
  std::variant<std::vector<LogStream>, Value> data;
};

// Range of a log query: [start, end) of the grid, in nanoseconds.
Result<LogqlResult> evaluate_logql(QueryContext& context, const store::EventsReader& events,
                                   std::string_view query, int64_t start_ns, int64_t end_ns,
                                   int64_t step_ns, const LogqlOptions& options = {});
// The stream selector alone ({} parts of label and series calls).
Result<std::vector<store::Matcher>> logql_matchers(std::string_view selector);

// ---- TraceQL ----

struct TraceSpan {
  model::SpanId span_id;
  std::string name;  // empty unless the query mentions name
  int64_t start_ns = 0, duration_ns = 0;
  model::Attributes attributes;  // those that the query mentions
};
struct SpanSet {
  std::vector<TraceSpan> spans;  // spans_per_set of them
  size_t matched = 0;
  model::Attributes attributes;  // of by() and aggregates
};
struct ServiceStats {
  std::string service;
  uint32_t spans = 0, errors = 0;
};
struct TraceHit {
  model::TraceId trace_id;
  std::string root_service_name, root_trace_name;
  int64_t start_ns = 0, duration_ns = 0;
  std::vector<SpanSet> span_sets;
  std::vector<ServiceStats> services;
};
struct TraceqlOptions {
  int64_t start_ns = 0, end_ns = INT64_MAX;
  size_t limit = 20, spans_per_set = 3;
};
struct TraceqlResult {
  std::vector<TraceHit> traces;  // newest first
  size_t inspected_traces = 0, inspected_bytes = 0;
};
Result<TraceqlResult> search_traces(QueryContext& context, const store::EventsReader& events,
                                    std::string_view query, const TraceqlOptions& options);

// Attribute names by scope ("resource", "span", "event", "link", "instrumentation", "intrinsic").
using ScopedTags = std::vector<std::pair<std::string, std::vector<std::string>>>;
// `filter` is a TraceQL query, maybe incomplete (then only its complete conditions count).
Result<ScopedTags> trace_tags(QueryContext& context, const store::EventsReader& events,
                              std::string_view filter, const TraceqlOptions& options);
struct TagValue {
  std::string type;  // "string", "int", "float", "bool", "duration", "keyword"
  std::string value;
};
Result<std::vector<TagValue>> trace_tag_values(QueryContext& context,
                                               const store::EventsReader& events,
                                               std::string_view tag, std::string_view filter,
                                               const TraceqlOptions& options);

}  // namespace tarsier::query
