// The evaluator: every kind of expression as a stream of rows over a grid of steps. A consumer is
// called once a series, so that an aggregation never holds its input.
#pragma once

#include <functional>
#include <span>
#include <string_view>
#include <vector>

#include "query/engine.h"
#include "query/promql/ast.h"
#include "query/promql/notes.h"
#include "query/promql/row.h"

namespace tarsier::query::promql {

// One evaluation of one query.
struct Evaluation {
  QueryContext& context;
  const store::MetricsReader& metrics;
  const PromqlOptions& options;
  Notes& notes;

  // Whether the row's name is invisible to the operator that gets it.
  bool hides_name(const Row& row) const { return row.drop_name && !options.delayed_name_removal; }
  // Copies a row that has to be kept; accounts for its memory.
  Result<OwnedRow> keep(const Row& row) const;
  Status reserve_rows(size_t rows, const Steps& steps) const {
    return context.reserve(rows * steps.count * sizeof(double));
  }
};

Error execution_error(std::string message);
Error same_labelset_error();

// eval.cc
Status eval_vector(Evaluation& evaluation, const Expr& expr, const Steps& steps, const Emit& emit);
Result<std::vector<double>> eval_scalar(Evaluation& evaluation, const Expr& expr,
                                        const Steps& steps);
Result<std::vector<OwnedRow>> collect(Evaluation& evaluation, const Expr& expr, const Steps& steps);
// Emits the argument's rows with their values changed by `apply`, their name dropped.
Status map_rows(Evaluation& evaluation, const Expr& arg, const Steps& steps, const Emit& emit,
                const std::function<void(std::span<double>)>& apply);
// Rows of the same labels become one; two values at one step are an error.
Status emit_merged(std::vector<OwnedRow> rows, const Emit& emit);
// Whether dropping the name from the expression's rows may leave two with the same labels.
bool may_collide_without_name(const Expr& expr);

// select.cc
Status eval_selector(Evaluation& evaluation, const VectorSelector& selector, const Steps& steps,
                     const Emit& emit);
// The times of the samples instead of their values.
Status eval_timestamps(Evaluation& evaluation, const VectorSelector& selector, const Steps& steps,
                       const Emit& emit);

// The windows of a range vector: (end - range, end] at each step.
struct Windows {
  Steps steps;
  int64_t range_ms = 0, offset_ms = 0;
  std::optional<int64_t> at_ms;
  const QueryContext* context = nullptr;
  int64_t end(size_t i) const { return (at_ms ? *at_ms : steps.at(i)) - offset_ms; }
};
struct SampledSeries {
  const model::Labels* labels = nullptr;
  bool drop_name = false;
  std::span<const model::Sample> samples;  // without stale markers
};
Windows windows_of(const Evaluation& evaluation, const Expr& matrix, const Steps& steps);
// Each series of a matrix selector or subquery with all samples that the windows need.
Status for_each_series(Evaluation& evaluation, const Expr& matrix, const Steps& steps,
                       const std::function<Status(const SampledSeries&)>& visit);

// range_function.cc
bool is_range_function(const Call& call);
Status eval_range_function(Evaluation& evaluation, const Expr& expr, const Call& call,
                           const Steps& steps, const Emit& emit);

// instant_function.cc, label_function.cc, histogram_function.cc, sort_function.cc
using VectorFunction = Status (*)(Evaluation&, const Expr&, const Call&, const Steps&, const Emit&);
VectorFunction find_instant_function(std::string_view name);
VectorFunction find_label_function(std::string_view name);
VectorFunction find_histogram_function(std::string_view name);
VectorFunction find_sort_function(std::string_view name);
// {label="value"} of the selector's equality matchers, for absent().
model::Labels labels_of_absent(const Expr& arg);

// aggregate.cc, binary.cc
Status eval_aggregate(Evaluation& evaluation, const Aggregate& aggregate, const Steps& steps,
                      const Emit& emit);
Status eval_binary(Evaluation& evaluation, const Expr& expr, const Binary& binary,
                   const Steps& steps, const Emit& emit);
double apply_scalar(Op op, double left, double right);

}  // namespace tarsier::query::promql
