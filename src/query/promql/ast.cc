#include "query/promql/ast.h"

#include <array>

namespace tarsier::query::promql {
namespace {

constexpr std::array<std::string_view, 18> kOpTexts = {"+",     "-",  "*",  "/",   "%",  "^",
                                                       "atan2", "==", "!=", "<",   "<=", ">",
                                                       ">=",    "</", ">/", "and", "or", "unless"};
constexpr std::array<std::string_view, 14> kAggregatorNames = {
    "sum",    "avg",  "count",   "min",          "max",      "group",  "stddev",
    "stdvar", "topk", "bottomk", "count_values", "quantile", "limitk", "limit_ratio"};

struct TypeOf {
  ValueType operator()(const NumberLiteral&) const { return ValueType::kScalar; }
  ValueType operator()(const StringLiteral&) const { return ValueType::kString; }
  ValueType operator()(const VectorSelector&) const { return ValueType::kVector; }
  ValueType operator()(const MatrixSelector&) const { return ValueType::kMatrix; }
  ValueType operator()(const Subquery&) const { return ValueType::kMatrix; }
  ValueType operator()(const Call& call) const { return call.function->result; }
  ValueType operator()(const Aggregate&) const { return ValueType::kVector; }
  ValueType operator()(const Binary& binary) const {
    const bool scalars =
        binary.left->type() == ValueType::kScalar && binary.right->type() == ValueType::kScalar;
    return scalars ? ValueType::kScalar : ValueType::kVector;
  }
  ValueType operator()(const Unary& unary) const { return unary.expr->type(); }
  ValueType operator()(const Paren& paren) const { return paren.expr->type(); }
};

}  // namespace

std::string_view op_text(Op op) {
  return kOpTexts[static_cast<size_t>(op)];
}
bool is_comparison(Op op) {
  return op >= Op::kEqual && op <= Op::kGreaterEqual;
}
bool is_set_operator(Op op) {
  return op >= Op::kAnd;
}

std::string_view aggregator_name(Aggregator aggregator) {
  return kAggregatorNames[static_cast<size_t>(aggregator)];
}
bool has_parameter(Aggregator aggregator) {
  return aggregator >= Aggregator::kTopk;
}

ValueType Expr::type() const {
  return std::visit(TypeOf{}, node);
}

const Expr& unwrap(const Expr& expr) {
  const Expr* inner = &expr;
  while (const auto* paren = inner->as<Paren>()) inner = paren->expr.get();
  return *inner;
}

}  // namespace tarsier::query::promql
