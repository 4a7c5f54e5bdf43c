// A TraceQL query as a tree.
#pragma once

#include <re2/re2.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "model/value.h"
#include "query/syntax/source.h"

namespace tarsier::query::traceql {

enum class Type { kNil, kString, kInt, kFloat, kBool, kDuration, kStatus, kKind, kArray };

// A value while a query runs. Text points into the query or into the store's rows.
struct Static {
  Type type = Type::kNil;
  int64_t integer = 0;  // kInt, kBool, kDuration (ns), kStatus (SpanStatus), kKind (SpanKind)
  double real = 0;      // kFloat
  std::string_view text;
  const model::Array* array = nullptr;

  bool nil() const { return type == Type::kNil; }
  bool truth() const { return type == Type::kBool && integer != 0; }
};

enum class Scope { kNone, kSpan, kResource, kEvent, kLink, kInstrumentation, kIntrinsic };

enum class Intrinsic {
  kDuration,
  kName,
  kStatus,
  kStatusMessage,
  kKind,
  kChildCount,
  kRootName,
  kRootServiceName,
  kTraceDuration,
  kTraceId,
  kSpanId,
  kParentId,
  kNestedSetLeft,
  kNestedSetRight,
  kNestedSetParent,
  kEventName,
  kEventTimeSinceStart,
  kLinkTraceId,
  kLinkSpanId,
  kScopeName,
  kScopeVersion,
};

struct Attribute {
  Scope scope = Scope::kNone;
  std::string name;                        // as written, without the scope
  Intrinsic intrinsic = Intrinsic::kName;  // scope kIntrinsic
  bool operator==(const Attribute&) const = default;
};

enum class Op {
  kStatic,
  kAttribute,
  kNot,
  kNegate,
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kModulo,
  kPower,
  kEqual,
  kNotEqual,
  kLess,
  kLessEqual,
  kGreater,
  kGreaterEqual,
  kMatch,
  kNotMatch,
  kAnd,
  kOr,
};

struct Expr {
  Op op = Op::kStatic;
  syntax::Span span;
  Static value;      // kStatic
  std::string text;  // what value.text points to
  Attribute attribute;
  std::shared_ptr<const re2::RE2> regex;  // kMatch, kNotMatch
  std::unique_ptr<Expr> left, right;
};
using ExprPtr = std::unique_ptr<Expr>;

struct Pipeline;

enum class SetOp {
  kFilter,
  kPipeline,
  kAnd,
  kOr,
  kChild,
  kParent,
  kDescendant,
  kAncestor,
  kSibling
};

struct SpansetExpr {
  SetOp op = SetOp::kFilter;
  bool negated = false;     // !> and its kin
  bool both_sides = false;  // &> and its kin: spans of both sides
  ExprPtr filter;           // kFilter; null: every span
  std::unique_ptr<Pipeline> pipeline;
  std::unique_ptr<SpansetExpr> left, right;
};
using SpansetPtr = std::unique_ptr<SpansetExpr>;

enum class AggregateKind { kCount, kAvg, kMin, kMax, kSum };

struct Stage {
  enum class Kind { kSpansets, kAggregateFilter, kBy, kCoalesce, kSelect };
  Kind kind = Kind::kSpansets;
  SpansetPtr spansets;
  AggregateKind aggregate = AggregateKind::kCount;
  ExprPtr over;                // of the aggregate (not count), of by()
  std::string aggregate_text;  // "avg(duration)"
  Op compare = Op::kEqual;
  ExprPtr threshold;
  std::vector<Attribute> selected;
};

struct Pipeline {
  std::vector<Stage> stages;
};

struct Query {
  Pipeline pipeline;
  std::vector<Attribute> mentioned;  // in order of first mention, each once
};

}  // namespace tarsier::query::traceql
