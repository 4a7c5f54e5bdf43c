// The tree of a PromQL query.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "query/promql/function_table.h"
#include "query/syntax/source.h"
#include "store/reader.h"

namespace tarsier::query::promql {

using syntax::Span;

enum class Op {
  kAdd,
  kSub,
  kMul,
  kDiv,
  kMod,
  kPow,
  kAtan2,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kTrimUpper,  // </ cuts a native histogram
  kTrimLower,  // >/
  kAnd,
  kOr,
  kUnless,
};
std::string_view op_text(Op op);
bool is_comparison(Op op);
bool is_set_operator(Op op);

enum class Aggregator {
  kSum,
  kAvg,
  kCount,
  kMin,
  kMax,
  kGroup,
  kStddev,
  kStdvar,
  kTopk,
  kBottomk,
  kCountValues,
  kQuantile,
  kLimitk,
  kLimitRatio,
};
std::string_view aggregator_name(Aggregator aggregator);
bool has_parameter(Aggregator aggregator);

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

// A duration: a literal, or an expression over literals, step() and range().
struct Duration {
  enum class Kind { kLiteral, kStep, kRange, kMinOf, kMaxOf, kUnary, kBinary };
  Kind kind = Kind::kLiteral;
  Op op = Op::kAdd;        // kUnary, kBinary
  double seconds = 0;      // kLiteral
  bool with_unit = false;  // written 5m, not 300
  bool parenthesised = false;
  std::unique_ptr<Duration> left, right;  // kUnary has only right
  Span span;
};
using DurationPtr = std::unique_ptr<Duration>;

// A length of time that is known at once (ms), or once the query's grid is known (expr).
struct Length {
  int64_t ms = 0;
  DurationPtr expr;
};

enum class AtKind { kNone, kTime, kStart, kEnd };
struct TimeShift {
  AtKind at = AtKind::kNone;
  int64_t at_ms = 0;  // kTime; prepare() makes the others so
  Length offset;
};

struct NumberLiteral {
  double value = 0;
  bool duration = false;  // written as one: 5m
};
struct StringLiteral {
  std::string value;
};
struct VectorSelector {
  std::string name;                      // the one in front of the braces
  std::vector<store::Matcher> matchers;  // the name's comes last
  TimeShift shift;
  bool anchored = false, smoothed = false;
};
struct MatrixSelector {
  ExprPtr vector;  // a VectorSelector, which holds the shift
  Length range;
};
struct Subquery {
  ExprPtr expr;
  Length range, step;  // step 0: the default
  TimeShift shift;
};
struct Call {
  const Function* function = nullptr;
  std::vector<ExprPtr> args;
};
struct Aggregate {
  Aggregator op = Aggregator::kSum;
  bool without = false;
  std::vector<std::string> grouping;
  ExprPtr expr, param;
};
enum class Cardinality { kOneToOne, kManyToOne, kOneToMany, kManyToMany };
struct Matching {
  Cardinality cardinality = Cardinality::kOneToOne;
  bool on = false;
  std::vector<std::string> labels, include;
  std::optional<double> fill_left, fill_right;
};
struct Binary {
  Op op = Op::kAdd;
  Span op_span;
  bool return_bool = false;
  std::optional<Matching> matching;  // between two vectors only, after check()
  ExprPtr left, right;
};
struct Unary {
  bool negative = false;
  ExprPtr expr;
};
struct Paren {
  ExprPtr expr;
};

struct Expr {
  Span span;
  // The same at every step of a range query; set by prepare() on the topmost such node.
  bool step_invariant = false;
  std::variant<NumberLiteral, StringLiteral, VectorSelector, MatrixSelector, Subquery, Call,
               Aggregate, Binary, Unary, Paren>
      node;

  ValueType type() const;
  template <typename Node>
  const Node* as() const {
    return std::get_if<Node>(&node);
  }
  template <typename Node>
  Node* as() {
    return std::get_if<Node>(&node);
  }
};

template <typename Node>
ExprPtr make_expr(Span span, Node node) {
  auto expr = std::make_unique<Expr>();
  expr->span = span;
  expr->node = std::move(node);
  return expr;
}

// The expression inside any number of parentheses.
const Expr& unwrap(const Expr& expr);

}  // namespace tarsier::query::promql
