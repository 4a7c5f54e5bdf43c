#include "query/traceql/hints.h"

namespace tarsier::query::traceql {
namespace {

void collect(const Expr& e, store::TraceSelect& out) {
  if (e.op == Op::kAnd) {
    collect(*e.left, out);
    collect(*e.right, out);
    return;
  }
  if (!e.left || !e.right || e.left->op != Op::kAttribute || e.right->op != Op::kStatic) return;
  const Attribute& attribute = e.left->attribute;
  const Static& value = e.right->value;
  if (attribute.scope == Scope::kResource && attribute.name == "service.name" &&
      e.op == Op::kEqual && value.type == Type::kString) {
    out.service_name = std::string(value.text);
  }
  if (attribute.scope != Scope::kIntrinsic) return;
  if (attribute.intrinsic == Intrinsic::kName && e.op == Op::kEqual &&
      value.type == Type::kString) {
    out.span_name = std::string(value.text);
  }
  bool at_least = e.op == Op::kGreater || e.op == Op::kGreaterEqual;
  if (attribute.intrinsic == Intrinsic::kDuration && at_least && value.type == Type::kDuration) {
    out.duration_min_ns = value.integer;
  }
}

}  // namespace

store::TraceSelect hints(const Query& query) {
  store::TraceSelect out;
  if (query.pipeline.stages.empty()) return out;
  const Stage& first = query.pipeline.stages.front();
  if (first.kind == Stage::Kind::kSpansets && first.spansets->op == SetOp::kFilter &&
      first.spansets->filter) {
    collect(*first.spansets->filter, out);
  }
  return out;
}

}  // namespace tarsier::query::traceql
