#include "query/promql/binary_op.h"

#include <cmath>

#include "query/promql/eval.h"

namespace tarsier::query::promql {
namespace {

bool compare(Op op, double left, double right) {
  switch (op) {
    case Op::kEqual:
      return left == right;
    case Op::kNotEqual:
      return left != right;
    case Op::kLess:
      return left < right;
    case Op::kLessEqual:
      return left <= right;
    case Op::kGreater:
      return left > right;
    default:
      return left >= right;
  }
}

template <typename Function>
void combine(std::span<const double> left, std::span<const double> right, std::span<double> out,
             const Function& function) {
  for (size_t i = 0; i < out.size(); i++) {
    const bool absent = is_absent(left[i]) || is_absent(right[i]);
    out[i] = absent ? kAbsent : function(left[i], right[i], i);
  }
}

}  // namespace

bool changes_metric(Op op) {
  return op <= Op::kAtan2;
}

double apply_scalar(Op op, double left, double right) {
  switch (op) {
    case Op::kAdd:
      return left + right;
    case Op::kSub:
      return left - right;
    case Op::kMul:
      return left * right;
    case Op::kDiv:
      return left / right;
    case Op::kMod:
      return std::fmod(left, right);
    case Op::kPow:
      return std::pow(left, right);
    case Op::kAtan2:
      return std::atan2(left, right);
    default:
      return compare(op, left, right) ? 1 : 0;
  }
}

void apply_columns(Op op, bool return_bool, std::span<const double> left,
                   std::span<const double> right, std::span<const double> kept,
                   std::span<double> out) {
  switch (op) {
    case Op::kAdd:
      return combine(left, right, out, [](double a, double b, size_t) { return a + b; });
    case Op::kSub:
      return combine(left, right, out, [](double a, double b, size_t) { return a - b; });
    case Op::kMul:
      return combine(left, right, out, [](double a, double b, size_t) { return a * b; });
    case Op::kDiv:
      return combine(left, right, out, [](double a, double b, size_t) { return a / b; });
    default:
      break;
  }
  if (!is_comparison(op)) {
    return combine(left, right, out,
                   [op](double a, double b, size_t) { return apply_scalar(op, a, b); });
  }
  combine(left, right, out, [&](double a, double b, size_t i) {
    const bool holds = compare(op, a, b);
    if (return_bool) return holds ? 1.0 : 0.0;
    return holds ? kept[i] : kAbsent;
  });
}

}  // namespace tarsier::query::promql
