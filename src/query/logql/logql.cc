// LogQL's door: a query's text to streams or to a matrix.
#include <algorithm>
#include <map>

#include "query/engine.h"
#include "query/logql/columns.h"
#include "query/logql/parser.h"
#include "query/logql/pipeline.h"

namespace tarsier::query {
namespace logql {

Result<Columns> evaluate(const Metric& metric, Evaluation& evaluation) {
  switch (metric.kind) {
    case Metric::Kind::kNumber:
      return Columns{true, {{{}, std::vector<double>(evaluation.grid.steps(), metric.parameter)}}};
    case Metric::Kind::kVectorOf:
      return Columns{false, {{{}, std::vector<double>(evaluation.grid.steps(), metric.parameter)}}};
    case Metric::Kind::kRange:
      return evaluate_range(metric, std::nullopt, evaluation);
    case Metric::Kind::kVector: {
      // A sum of sums needs no more labels than it groups by: lines of one group become one series.
      const Metric& inner = *metric.left;
      bool additive = inner.kind == Metric::Kind::kRange && metric.vector_op == VectorOp::kSum &&
                      (inner.range_op == RangeOp::kCount || inner.range_op == RangeOp::kRate ||
                       inner.range_op == RangeOp::kBytes || inner.range_op == RangeOp::kBytesRate ||
                       inner.range_op == RangeOp::kSum);
      if (additive) {
        TRY(Columns in, evaluate_range(inner, metric.grouping.value_or(Grouping{}), evaluation));
        return aggregate(metric, std::move(in), evaluation);
      }
      TRY(Columns in, evaluate(inner, evaluation));
      if (in.scalar) return invalid("an aggregation takes a vector, not a number");
      return aggregate(metric, std::move(in), evaluation);
    }
    case Metric::Kind::kBinary: {
      TRY(Columns left, evaluate(*metric.left, evaluation));
      TRY(Columns right, evaluate(*metric.right, evaluation));
      return binary(metric, std::move(left), std::move(right));
    }
  }
  return internal("unknown LogQL expression");
}

namespace {

Value to_value(Columns&& columns, const GridNs& grid) {
  if (grid.step_ns == 0) {
    int64_t time_ms = grid.end_ns / kMillisecond;
    if (columns.scalar) return {Scalar{time_ms, columns.columns[0].values[0]}, {}};
    Vector out;
    for (Column& column : columns.columns) {
      if (missing(column.values[0])) continue;
      out.series.push_back({std::move(column.labels), {{time_ms, column.values[0]}}});
    }
    return {std::move(out), {}};
  }
  Matrix out;
  for (Column& column : columns.columns) {
    Series series{std::move(column.labels), {}};
    for (size_t i = 0; i < column.values.size(); i++) {
      if (!missing(column.values[i]))
        series.samples.push_back({grid.at(i) / kMillisecond, column.values[i]});
    }
    if (!series.samples.empty()) out.series.push_back(std::move(series));
  }
  std::sort(out.series.begin(), out.series.end(),
            [](const Series& a, const Series& b) { return a.labels < b.labels; });
  return {std::move(out), {}};
}

// Streams in the order in which their first entry came.
class StreamBuilder {
 public:
  explicit StreamBuilder(QueryContext& context) : context_(context) {}

  Status add(const Entry& entry) {
    TRY_STATUS(context_.reserve(entry.line().size() + 256));
    LogStream& stream = streams_[find(entry)];
    stream.entries.push_back(
        {entry.time_ns(), std::string(entry.line()), entry.metadata(), entry.parsed()});
    count_++;
    return {};
  }
  size_t count() const { return count_; }
  std::vector<LogStream> take() { return std::move(streams_); }

 private:
  size_t find(const Entry& entry) {
    auto [it, fresh] = index_.emplace(
        entry.stream_changed() ? entry.stream() : entry.original_stream(), streams_.size());
    if (fresh) streams_.push_back({it->first, {}});
    return it->second;
  }

  QueryContext& context_;
  std::map<model::Labels, size_t> index_;
  std::vector<LogStream> streams_;
  size_t count_ = 0;
};

Result<LogqlResult> run_log(QueryContext& context, const store::EventsReader& events,
                            const LogExpr& log, int64_t start_ns, int64_t end_ns,
                            const LogqlOptions& options) {
  TRY(store::LogSelect select, log_select(log));
  select.tenant = context.tenant;
  select.range = {start_ns, end_ns};
  select.newest_first = options.newest_first;
  StreamBuilder streams(context);
  Entry entry;
  size_t rows = 0;
  bool enough = false;
  Status done = events.logs(select, [&](const store::LogRow& row) -> Status {
    if (++rows % 1024 == 0) TRY_STATUS(context.check());
    entry.start(row);
    if (!run(log.stages, entry)) return {};
    TRY_STATUS(streams.add(entry));
    enough = options.limit > 0 && streams.count() >= static_cast<size_t>(options.limit);
    if (enough) return Error{Code::kCancelled, "enough"};
    return {};
  });
  if (!done && !enough) return Error(done.error());
  return LogqlResult{streams.take()};
}

}  // namespace
}  // namespace logql

Result<LogqlResult> evaluate_logql(QueryContext& context, const store::EventsReader& events,
                                   std::string_view text, int64_t start_ns, int64_t end_ns,
                                   int64_t step_ns, const LogqlOptions& options) {
  TRY(logql::Query query, logql::parse(text));
  if (query.log) return logql::run_log(context, events, *query.log, start_ns, end_ns, options);
  logql::Evaluation evaluation{context, events, {start_ns, end_ns, step_ns}};
  constexpr size_t kStepsMax = 11'000;
  if (evaluation.grid.steps() > kStepsMax) {
    return invalid(
        "exceeded maximum resolution of 11,000 points per time series. Try decreasing the query "
        "resolution (?step=XX)");
  }
  TRY(logql::Columns columns, logql::evaluate(*query.metric, evaluation));
  return LogqlResult{logql::to_value(std::move(columns), evaluation.grid)};
}

}  // namespace tarsier::query
