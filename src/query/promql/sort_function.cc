#include <algorithm>
#include <cmath>

#include "query/promql/eval.h"
#include "query/promql/natural_order.h"

namespace tarsier::query::promql {
namespace {

// NaN goes last in both directions.
bool value_before(double a, double b, bool descending) {
  if (std::isnan(a) || std::isnan(b)) return !std::isnan(a) && std::isnan(b);
  return descending ? a > b : a < b;
}

Status eval_sort(Evaluation& evaluation, const Expr& expr, const Call& call, const Steps& steps,
                 const Emit& emit) {
  // Only an instant query has an order.
  if (steps.count > 1) {
    TRY_STATUS(eval_vector(evaluation, *call.args[0], steps, emit));
    evaluation.notes.warn(
        "sort is ineffective for range queries since results are always ordered by labels",
        expr.span);
    return {};
  }
  TRY(std::vector<OwnedRow> rows, collect(evaluation, *call.args[0], steps));
  std::erase_if(rows, [](const OwnedRow& row) { return is_absent(row.values[0]); });
  const bool descending = call.function->name.ends_with("_desc");
  if (call.function->name.starts_with("sort_by_label")) {
    std::ranges::stable_sort(rows, [&](const OwnedRow& a, const OwnedRow& b) {
      for (size_t i = 1; i < call.args.size(); i++) {
        const std::string& label = unwrap(*call.args[i]).as<StringLiteral>()->value;
        const std::string_view left = model::get(a.labels, label),
                               right = model::get(b.labels, label);
        if (left == right) continue;
        return descending ? natural_less(right, left) : natural_less(left, right);
      }
      return descending ? b.labels < a.labels : a.labels < b.labels;
    });
  } else {
    std::ranges::stable_sort(rows, [descending](const OwnedRow& a, const OwnedRow& b) {
      return value_before(a.values[0], b.values[0], descending);
    });
  }
  for (OwnedRow& owned : rows) {
    Row row = owned.view();
    TRY_STATUS(emit(row));
  }
  return {};
}

}  // namespace

VectorFunction find_sort_function(std::string_view name) {
  return name.starts_with("sort") ? eval_sort : nullptr;
}

}  // namespace tarsier::query::promql
