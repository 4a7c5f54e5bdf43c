#include "query/promql/prepare.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

// Functions whose result depends on the time of evaluation whatever their arguments are.
constexpr std::array<std::string_view, 11> kTimeDependent = {
    "day_of_month", "day_of_week", "day_of_year",    "days_in_month", "hour",     "minute",
    "month",        "year",        "predict_linear", "time",          "timestamp"};

struct Invariance {
  bool invariant = false;
  bool worth_marking = false;  // literals and range vectors are not
};

class Preparer {
 public:
  Preparer(std::string_view query, const Grid& grid) : query_(query), grid_(grid) {}

  Status resolve(Expr& expr) {
    fold(expr);
    return std::visit([this](auto& node) { return resolve(node); }, expr.node);
  }

  Invariance mark(Expr& expr) {
    return std::visit([&](auto& node) { return mark(expr, node); }, expr.node);
  }

 private:
  double step_seconds() const { return static_cast<double>(grid_.step_ms) / 1000; }
  double range_seconds() const { return static_cast<double>(grid_.end_ms - grid_.start_ms) / 1000; }

  void fold(Expr& expr) const {
    const auto* call = expr.as<Call>();
    if (call == nullptr) return;
    const std::string_view name = call->function->name;
    if (name == "start") expr.node = NumberLiteral{static_cast<double>(grid_.start_ms) / 1000};
    if (name == "end") expr.node = NumberLiteral{static_cast<double>(grid_.end_ms) / 1000};
    if (name == "range") expr.node = NumberLiteral{range_seconds()};
    if (name == "step")
      expr.node = NumberLiteral{grid_.start_ms == grid_.end_ms ? 0 : step_seconds()};
  }

  Result<double> evaluate(const Duration& duration) const {
    using Kind = Duration::Kind;
    double left = 0, right = 0;
    if (duration.left) {
      TRY(left, evaluate(*duration.left));
    }
    if (duration.right) {
      TRY(right, evaluate(*duration.right));
    }
    switch (duration.kind) {
      case Kind::kLiteral:
        return duration.seconds;
      case Kind::kStep:
        return step_seconds();
      case Kind::kRange:
        return range_seconds();
      case Kind::kMinOf:
        return std::min(left, right);
      case Kind::kMaxOf:
        return std::max(left, right);
      case Kind::kUnary:
        return -right;
      case Kind::kBinary:
        break;
    }
    switch (duration.op) {
      case Op::kAdd:
        return left + right;
      case Op::kSub:
        return left - right;
      case Op::kMul:
        return left * right;
      case Op::kPow:
        return std::pow(left, right);
      default:
        break;
    }
    if (right == 0) {
      return error(duration, duration.op == Op::kDiv ? "division by zero" : "modulo by zero");
    }
    return duration.op == Op::kDiv ? left / right : std::fmod(left, right);
  }

  Error error(const Duration& duration, std::string_view message) const {
    return syntax::parse_error(query_, duration.span.begin, message);
  }

  Status resolve(Length& length, bool may_be_negative = false) const {
    if (!length.expr) return {};
    TRY(const double seconds, evaluate(*length.expr));
    if (!std::isfinite(seconds)) return error(*length.expr, "duration is NaN or infinite");
    if (seconds <= 0 && !may_be_negative) {
      return error(*length.expr, "duration must be greater than 0");
    }
    if (std::abs(seconds) > 9'223'372'036.0) return error(*length.expr, "duration is out of range");
    length.ms = static_cast<int64_t>(seconds * 1000);
    length.expr.reset();
    return {};
  }

  Status resolve(TimeShift& shift) const {
    if (shift.at == AtKind::kStart) shift.at_ms = grid_.start_ms;
    if (shift.at == AtKind::kEnd) shift.at_ms = grid_.end_ms;
    if (shift.at != AtKind::kNone) shift.at = AtKind::kTime;
    return resolve(shift.offset, true);
  }

  Status resolve(NumberLiteral&) { return {}; }
  Status resolve(StringLiteral&) { return {}; }
  Status resolve(VectorSelector& selector) { return resolve(selector.shift); }
  Status resolve(MatrixSelector& matrix) {
    TRY_STATUS(resolve(matrix.range));
    return resolve(*matrix.vector);
  }
  Status resolve(Subquery& subquery) {
    TRY_STATUS(resolve(subquery.range));
    TRY_STATUS(resolve(subquery.step));
    TRY_STATUS(resolve(subquery.shift));
    return resolve(*subquery.expr);
  }
  Status resolve(Call& call) {
    for (ExprPtr& arg : call.args) {
      drop_parens(arg);
      TRY_STATUS(resolve(*arg));
    }
    return {};
  }
  Status resolve(Aggregate& aggregate) {
    drop_parens(aggregate.expr);
    if (aggregate.param) {
      drop_parens(aggregate.param);
      TRY_STATUS(resolve(*aggregate.param));
    }
    return resolve(*aggregate.expr);
  }
  Status resolve(Binary& binary) {
    TRY_STATUS(resolve(*binary.left));
    return resolve(*binary.right);
  }
  Status resolve(Unary& unary) { return resolve(*unary.expr); }
  Status resolve(Paren& paren) { return resolve(*paren.expr); }

  static void drop_parens(ExprPtr& expr) {
    while (auto* paren = expr->as<Paren>()) {
      ExprPtr inner = std::move(paren->expr);
      expr = std::move(inner);
    }
  }

  Invariance mark(Expr&, NumberLiteral&) { return {true, false}; }
  Invariance mark(Expr&, StringLiteral&) { return {true, false}; }
  Invariance mark(Expr&, VectorSelector& selector) {
    const bool fixed = selector.shift.at == AtKind::kTime;
    return {fixed, fixed};
  }
  Invariance mark(Expr&, MatrixSelector& matrix) { return {mark(*matrix.vector).invariant, false}; }
  Invariance mark(Expr&, Subquery& subquery) {
    if (mark(*subquery.expr).invariant) subquery.expr->step_invariant = true;
    return {subquery.shift.at == AtKind::kTime, false};
  }
  // A parameter that changes per step makes the whole change.
  Invariance mark(Expr&, Aggregate& aggregate) {
    const Invariance inner = mark(*aggregate.expr);
    if (!aggregate.param) return inner;
    const Invariance param = mark(*aggregate.param);
    if (inner.invariant && param.invariant) return inner;
    if (inner.worth_marking) aggregate.expr->step_invariant = true;
    if (param.worth_marking) aggregate.param->step_invariant = true;
    return {};
  }
  Invariance mark(Expr&, Unary& unary) { return mark(*unary.expr); }
  Invariance mark(Expr&, Paren& paren) { return mark(*paren.expr); }
  Invariance mark(Expr&, Binary& binary) {
    const Invariance left = mark(*binary.left), right = mark(*binary.right);
    if (left.invariant && right.invariant) return {true, true};
    if (left.worth_marking) binary.left->step_invariant = true;
    if (right.worth_marking) binary.right->step_invariant = true;
    return {};
  }
  Invariance mark(Expr&, Call& call) {
    const std::string_view name = call.function->name;
    bool invariant = std::ranges::find(kTimeDependent, name) == kTimeDependent.end();
    // timestamp(x @ t) is the exception.
    bool timestamp = name == "timestamp";
    std::vector<bool> worth;
    for (ExprPtr& arg : call.args) {
      const Invariance inner = mark(*arg);
      worth.push_back(inner.worth_marking);
      invariant = invariant && inner.invariant;
      timestamp = timestamp && inner.invariant && arg->as<VectorSelector>() != nullptr;
    }
    if (invariant || timestamp) return {true, true};
    for (size_t i = 0; i < worth.size(); i++) {
      if (worth[i]) call.args[i]->step_invariant = true;
    }
    return {};
  }

  std::string_view query_;
  const Grid& grid_;
};

}  // namespace

Status prepare(std::string_view query, Expr& expr, const Grid& grid) {
  Preparer preparer(query, grid);
  TRY_STATUS(preparer.resolve(expr));
  if (preparer.mark(expr).worth_marking) expr.step_invariant = true;
  return {};
}

}  // namespace tarsier::query::promql
