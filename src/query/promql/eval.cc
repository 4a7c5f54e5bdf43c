#include "query/promql/eval.h"

#include <algorithm>
#include <cmath>
#include <numbers>
#include <unordered_map>

namespace tarsier::query::promql {
namespace {

Status eval_call(Evaluation& evaluation, const Expr& expr, const Call& call, const Steps& steps,
                 const Emit& emit) {
  if (is_range_function(call)) return eval_range_function(evaluation, expr, call, steps, emit);
  const std::string_view name = call.function->name;
  for (auto find :
       {find_instant_function, find_label_function, find_histogram_function, find_sort_function}) {
    if (VectorFunction function = find(name)) return function(evaluation, expr, call, steps, emit);
  }
  return unsupported("function \"" + std::string(name) + "\" is not supported");
}

// Evaluated once, and the same at every step.
Status eval_invariant(Evaluation& evaluation, const Expr& expr, const Steps& steps,
                      const Emit& emit);

Status eval_node(Evaluation& evaluation, const Expr& expr, const Steps& steps, const Emit& emit) {
  TRY_STATUS(evaluation.context.check());
  if (const auto* selector = expr.as<VectorSelector>()) {
    return eval_selector(evaluation, *selector, steps, emit);
  }
  if (const auto* call = expr.as<Call>()) return eval_call(evaluation, expr, *call, steps, emit);
  if (const auto* aggregate = expr.as<Aggregate>()) {
    return eval_aggregate(evaluation, *aggregate, steps, emit);
  }
  if (const auto* binary = expr.as<Binary>()) {
    return eval_binary(evaluation, expr, *binary, steps, emit);
  }
  if (const auto* paren = expr.as<Paren>()) {
    return eval_vector(evaluation, *paren->expr, steps, emit);
  }
  if (const auto* unary = expr.as<Unary>()) {
    if (!unary->negative) return eval_vector(evaluation, *unary->expr, steps, emit);
    return map_rows(evaluation, *unary->expr, steps, emit, [](std::span<double> values) {
      for (double& value : values) {
        if (!is_absent(value)) value = -value;
      }
    });
  }
  return internal("an expression that is no vector was evaluated as one");
}

Status eval_invariant(Evaluation& evaluation, const Expr& expr, const Steps& steps,
                      const Emit& emit) {
  const Steps once{steps.start_ms, steps.step_ms, 1};
  std::vector<double> values(steps.count);
  return eval_node(evaluation, expr, once, [&](Row& row) {
    std::ranges::fill(values, row.values[0]);
    Row wide{row.labels, row.drop_name, values};
    return emit(wide);
  });
}

Result<std::vector<double>> scalar_of_vector(Evaluation& evaluation, const Expr& arg,
                                             const Steps& steps) {
  constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
  std::vector<double> out(steps.count, kAbsent);
  TRY_STATUS(eval_vector(evaluation, arg, steps, [&](Row& row) {
    for (size_t i = 0; i < out.size(); i++) {
      if (is_absent(row.values[i])) continue;
      out[i] = is_absent(out[i]) ? row.values[i] : kNaN;
    }
    return Status();
  }));
  for (double& value : out) {
    if (is_absent(value)) value = kNaN;
  }
  return out;
}

Result<std::vector<double>> scalar_call(Evaluation& evaluation, const Call& call,
                                        const Steps& steps) {
  const std::string_view name = call.function->name;
  std::vector<double> out(steps.count, std::numbers::pi);
  if (name == "scalar") return scalar_of_vector(evaluation, *call.args[0], steps);
  if (name == "time") {
    for (size_t i = 0; i < out.size(); i++) out[i] = static_cast<double>(steps.at(i)) / 1000;
  }
  if (name == "min_of" || name == "max_of") {
    TRY(out, eval_scalar(evaluation, *call.args[0], steps));
    TRY(const std::vector<double> right, eval_scalar(evaluation, *call.args[1], steps));
    for (size_t i = 0; i < out.size(); i++) {
      const bool nan = std::isnan(out[i]) || std::isnan(right[i]);
      out[i] = nan                ? std::numeric_limits<double>::quiet_NaN()
               : name == "min_of" ? std::min(out[i], right[i])
                                  : std::max(out[i], right[i]);
    }
  }
  return out;
}

Result<std::vector<double>> scalar_node(Evaluation& evaluation, const Expr& expr,
                                        const Steps& steps) {
  TRY_STATUS(evaluation.context.check());
  if (const auto* number = expr.as<NumberLiteral>()) {
    return std::vector<double>(steps.count, number->value);
  }
  if (const auto* paren = expr.as<Paren>()) return eval_scalar(evaluation, *paren->expr, steps);
  if (const auto* call = expr.as<Call>()) return scalar_call(evaluation, *call, steps);
  if (const auto* unary = expr.as<Unary>()) {
    TRY(std::vector<double> values, eval_scalar(evaluation, *unary->expr, steps));
    if (unary->negative) {
      for (double& value : values) value = -value;
    }
    return values;
  }
  if (const auto* binary = expr.as<Binary>()) {
    TRY(std::vector<double> left, eval_scalar(evaluation, *binary->left, steps));
    TRY(const std::vector<double> right, eval_scalar(evaluation, *binary->right, steps));
    for (size_t i = 0; i < left.size(); i++) left[i] = apply_scalar(binary->op, left[i], right[i]);
    return left;
  }
  return internal("an expression that is no scalar was evaluated as one");
}

}  // namespace

Error execution_error(std::string message) {
  return {Code::kUnprocessable, std::move(message)};
}
Error same_labelset_error() {
  return execution_error("vector cannot contain metrics with the same labelset");
}

Result<OwnedRow> Evaluation::keep(const Row& row) const {
  size_t bytes = sizeof(OwnedRow) + row.values.size_bytes();
  for (const model::Label& label : *row.labels) {
    bytes += sizeof(label) + label.name.size() + label.value.size();
  }
  TRY_STATUS(context.reserve(bytes));
  OwnedRow out{*row.labels, row.drop_name, {row.values.begin(), row.values.end()}};
  if (hides_name(row)) {
    erase_metadata(out.labels);
    out.drop_name = false;
  }
  return out;
}

Status eval_vector(Evaluation& evaluation, const Expr& expr, const Steps& steps, const Emit& emit) {
  const bool once = expr.step_invariant && steps.count > 1;
  return once ? eval_invariant(evaluation, expr, steps, emit)
              : eval_node(evaluation, expr, steps, emit);
}

Result<std::vector<double>> eval_scalar(Evaluation& evaluation, const Expr& expr,
                                        const Steps& steps) {
  if (!expr.step_invariant || steps.count == 1) return scalar_node(evaluation, expr, steps);
  TRY(const std::vector<double> once,
      scalar_node(evaluation, expr, {steps.start_ms, steps.step_ms, 1}));
  return std::vector<double>(steps.count, once[0]);
}

Result<std::vector<OwnedRow>> collect(Evaluation& evaluation, const Expr& expr,
                                      const Steps& steps) {
  std::vector<OwnedRow> rows;
  TRY_STATUS(eval_vector(evaluation, expr, steps, [&](Row& row) -> Status {
    TRY(OwnedRow kept, evaluation.keep(row));
    rows.push_back(std::move(kept));
    return {};
  }));
  return rows;
}

Status emit_merged(std::vector<OwnedRow> rows, const Emit& emit) {
  std::unordered_multimap<uint64_t, size_t> by_labels;
  std::vector<bool> merged(rows.size());
  for (size_t r = 0; r < rows.size(); r++) {
    const uint64_t hash = model::fingerprint(rows[r].labels);
    const auto [begin, end] = by_labels.equal_range(hash);
    const auto same = std::find_if(
        begin, end, [&](const auto& entry) { return rows[entry.second].labels == rows[r].labels; });
    if (same == end) {
      by_labels.emplace(hash, r);
      continue;
    }
    OwnedRow& into = rows[same->second];
    for (size_t i = 0; i < into.values.size(); i++) {
      if (is_absent(rows[r].values[i])) continue;
      if (!is_absent(into.values[i])) return same_labelset_error();
      into.values[i] = rows[r].values[i];
    }
    merged[r] = true;
  }
  for (size_t r = 0; r < rows.size(); r++) {
    if (merged[r]) continue;
    Row row = rows[r].view();
    TRY_STATUS(emit(row));
  }
  return {};
}

bool may_collide_without_name(const Expr& expr) {
  const Expr& inner = unwrap(expr);
  if (const auto* selector = inner.as<VectorSelector>()) {
    return std::ranges::none_of(selector->matchers, [](const store::Matcher& matcher) {
      return matcher.name == model::kMetricName && matcher.kind == store::MatchKind::kEqual;
    });
  }
  if (const auto* matrix = inner.as<MatrixSelector>()) {
    return may_collide_without_name(*matrix->vector);
  }
  if (const auto* subquery = inner.as<Subquery>()) {
    return may_collide_without_name(*subquery->expr);
  }
  if (const auto* aggregate = inner.as<Aggregate>()) {
    if (aggregate->op >= Aggregator::kTopk && aggregate->op != Aggregator::kCountValues &&
        aggregate->op != Aggregator::kQuantile) {
      return may_collide_without_name(*aggregate->expr);
    }
    const bool names = std::ranges::any_of(aggregate->grouping, is_metadata_label);
    return !aggregate->without && names;
  }
  if (const auto* unary = inner.as<Unary>()) return may_collide_without_name(*unary->expr);
  if (const auto* call = inner.as<Call>()) {
    // These keep the name of their argument; all others drop it.
    const std::string_view name = call->function->name;
    const bool keeps =
        name == "last_over_time" || name == "first_over_time" || name.starts_with("sort");
    if (keeps) return may_collide_without_name(*call->args[0]);
    return name.starts_with("label_");
  }
  if (const auto* binary = inner.as<Binary>()) {
    return is_comparison(binary->op) || is_set_operator(binary->op);
  }
  return true;
}

Status map_rows(Evaluation& evaluation, const Expr& arg, const Steps& steps, const Emit& emit,
                const std::function<void(std::span<double>)>& apply) {
  if (evaluation.options.delayed_name_removal || !may_collide_without_name(arg)) {
    return eval_vector(evaluation, arg, steps, [&](Row& row) {
      apply(row.values);
      row.drop_name = true;
      return emit(row);
    });
  }
  std::vector<OwnedRow> rows;
  TRY_STATUS(eval_vector(evaluation, arg, steps, [&](Row& row) -> Status {
    row.drop_name = true;
    TRY(OwnedRow kept, evaluation.keep(row));
    apply(kept.values);
    rows.push_back(std::move(kept));
    return {};
  }));
  return emit_merged(std::move(rows), emit);
}

}  // namespace tarsier::query::promql
