#include "query/engine.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/promql/eval.h"
#include "query/promql/format.h"
#include "query/promql/parser.h"
#include "query/promql/prepare.h"

namespace tarsier::query {
namespace {

using namespace promql;

// Beyond this, arithmetic on milliseconds could overflow.
constexpr int64_t kTimeMaxMs = INT64_MAX / 1000;

Result<Steps> to_steps(const Grid& grid) {
  if (grid.start_ms > kTimeMaxMs || grid.start_ms < -kTimeMaxMs || grid.end_ms > kTimeMaxMs ||
      grid.end_ms < grid.start_ms || grid.step_ms < 0) {
    return invalid("the query's time range is not valid: end before start, or out of range");
  }
  if (grid.instant()) return Steps{grid.start_ms, 1, 1};
  const int64_t count = (grid.end_ms - grid.start_ms) / grid.step_ms + 1;
  return Steps{grid.start_ms, grid.step_ms, static_cast<size_t>(count)};
}

Series to_series(OwnedRow&& row, const Steps& steps) {
  Series out;
  if (row.drop_name) erase_metadata(row.labels);
  out.labels = std::move(row.labels);
  for (size_t i = 0; i < steps.count; i++) {
    if (!is_absent(row.values[i])) out.samples.push_back({steps.at(i), row.values[i]});
  }
  return out;
}

void sort_by_labels(std::vector<Series>& series) {
  std::ranges::sort(series, {}, &Series::labels);
}

// With delayed name removal, or for an instant, equal label sets are found only now.
Status check_distinct(const std::vector<OwnedRow>& rows) {
  std::vector<const model::Labels*> labels;
  for (const OwnedRow& row : rows) labels.push_back(&row.labels);
  std::ranges::sort(labels, [](const auto* a, const auto* b) { return *a < *b; });
  const auto same =
      std::ranges::adjacent_find(labels, [](const auto* a, const auto* b) { return *a == *b; });
  return same == labels.end() ? Status() : same_labelset_error();
}

Result<std::vector<Series>> vector_result(Evaluation& evaluation, const Expr& expr,
                                          const Steps& steps) {
  TRY(std::vector<OwnedRow> rows, collect(evaluation, expr, steps));
  std::erase_if(rows, [](const OwnedRow& row) {
    return std::ranges::all_of(row.values, [](double v) { return is_absent(v); });
  });
  for (OwnedRow& row : rows) {
    if (row.drop_name) erase_metadata(row.labels);
  }
  std::vector<Series> out;
  if (steps.count == 1) {
    TRY_STATUS(check_distinct(rows));
    for (OwnedRow& row : rows) out.push_back(to_series(std::move(row), steps));
    return out;
  }
  TRY_STATUS(emit_merged(std::move(rows), [&](Row& row) {
    out.push_back(to_series({*row.labels, false, {row.values.begin(), row.values.end()}}, steps));
    return Status();
  }));
  return out;
}

Result<Matrix> matrix_result(Evaluation& evaluation, const Expr& expr, const Steps& steps) {
  Matrix out;
  const Expr& matrix = unwrap(expr);
  const Windows windows = windows_of(evaluation, matrix, steps);
  TRY_STATUS(for_each_series(evaluation, matrix, steps, [&](const SampledSeries& series) {
    Series result{*series.labels, {}};
    if (series.drop_name) erase_metadata(result.labels);
    const int64_t end = windows.end(0), after = end - windows.range_ms;
    for (const model::Sample& sample : series.samples) {
      if (sample.time_ms > after && sample.time_ms <= end) result.samples.push_back(sample);
    }
    if (!result.samples.empty()) out.series.push_back(std::move(result));
    return evaluation.context.reserve(series.samples.size_bytes());
  }));
  sort_by_labels(out.series);
  return out;
}

Result<Value> run(Evaluation& evaluation, const Expr& expr, const Steps& steps, bool instant) {
  Value value;
  switch (expr.type()) {
    case ValueType::kString:
      value.data = String{steps.start_ms, unwrap(expr).as<StringLiteral>()->value};
      return value;
    case ValueType::kMatrix: {
      TRY(value.data, matrix_result(evaluation, expr, steps));
      return value;
    }
    case ValueType::kScalar: {
      TRY(std::vector<double> values, eval_scalar(evaluation, expr, steps));
      if (instant) {
        value.data = Scalar{steps.start_ms, values[0]};
      } else {
        value.data = Matrix{{to_series({{}, false, std::move(values)}, steps)}};
      }
      return value;
    }
    default:
      break;
  }
  TRY(std::vector<Series> series, vector_result(evaluation, expr, steps));
  if (instant) {
    value.data = Vector{std::move(series)};
  } else {
    sort_by_labels(series);
    value.data = Matrix{std::move(series)};
  }
  return value;
}

void find_selectors(const Expr& expr, std::vector<std::vector<store::Matcher>>& out) {
  if (const auto* selector = expr.as<VectorSelector>()) out.push_back(selector->matchers);
  if (const auto* matrix = expr.as<MatrixSelector>()) find_selectors(*matrix->vector, out);
  if (const auto* subquery = expr.as<Subquery>()) find_selectors(*subquery->expr, out);
  if (const auto* unary = expr.as<Unary>()) find_selectors(*unary->expr, out);
  if (const auto* paren = expr.as<Paren>()) find_selectors(*paren->expr, out);
  if (const auto* aggregate = expr.as<Aggregate>()) {
    if (aggregate->param) find_selectors(*aggregate->param, out);
    find_selectors(*aggregate->expr, out);
  }
  if (const auto* binary = expr.as<Binary>()) {
    find_selectors(*binary->left, out);
    find_selectors(*binary->right, out);
  }
  if (const auto* call = expr.as<Call>()) {
    for (const ExprPtr& arg : call->args) find_selectors(*arg, out);
  }
}

}  // namespace

Result<Value> evaluate_promql(QueryContext& context, const store::MetricsReader& metrics,
                              std::string_view query, const Grid& grid,
                              const PromqlOptions& options) {
  TRY(const ExprPtr expr, parse(query));
  TRY(const Steps steps, to_steps(grid));
  const bool ranged = expr->type() == ValueType::kMatrix || expr->type() == ValueType::kString;
  if (!grid.instant() && ranged) {
    return invalid(fmt::format(
        "invalid expression type \"{}\" for range query, must be Scalar or instant Vector",
        type_name(expr->type())));
  }
  TRY_STATUS(prepare(query, *expr, grid));
  Notes notes(query);
  Evaluation evaluation{context, metrics, options, notes};
  TRY(Value value, run(evaluation, *expr, steps, grid.instant()));
  value.annotations = notes.finish();
  return value;
}

Result<std::vector<std::vector<store::Matcher>>> promql_selectors(std::string_view query) {
  TRY(const ExprPtr expr, parse(query));
  std::vector<std::vector<store::Matcher>> out;
  find_selectors(*expr, out);
  return out;
}

Result<std::vector<store::Matcher>> promql_matchers(std::string_view selector) {
  TRY(VectorSelector parsed, parse_selector(selector));
  return std::move(parsed.matchers);
}

Result<std::string> promql_format(std::string_view query) {
  TRY(const ExprPtr expr, parse(query));
  return pretty(*expr);
}

}  // namespace tarsier::query
