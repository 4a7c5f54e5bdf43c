#include "query/traceql/spansets.h"

#include <algorithm>
#include <cmath>

#include "query/traceql/field.h"
#include "query/traceql/names.h"

namespace tarsier::query::traceql {
namespace {

using Spans = std::vector<int>;

Spans unite(const Spans& a, const Spans& b) {
  Spans out;
  std::set_union(a.begin(), a.end(), b.begin(), b.end(), std::back_inserter(out));
  return out;
}

// Is `right` to `left` what the operator asks? {left} > {right}: left is right's parent.
bool related(SetOp op, const Trace& trace, int left, int right) {
  switch (op) {
    case SetOp::kChild:
      return trace.parent(right) == left;
    case SetOp::kParent:
      return trace.parent(left) == right;
    case SetOp::kDescendant:
      return trace.descends(right, left);
    case SetOp::kAncestor:
      return trace.descends(left, right);
    case SetOp::kSibling:
      return left != right && trace.parent(left) >= 0 && trace.parent(left) == trace.parent(right);
    default:
      return false;
  }
}

// The spans of the right side that some span of the left is related to; negated: that none is;
// both sides: the related ones of the left as well.
Spans structural(const SpansetExpr& set, const Trace& trace, const Spans& left,
                 const Spans& right) {
  Spans out;
  std::vector<bool> left_related(left.size());
  for (int r : right) {
    bool any = false;
    for (size_t i = 0; i < left.size(); i++) {
      if (!related(set.op, trace, left[i], r)) continue;
      any = true;
      left_related[i] = true;
      if (!set.both_sides) break;
    }
    if (any != set.negated) out.push_back(r);
  }
  if (!set.both_sides) return out;
  Spans from_left;
  for (size_t i = 0; i < left.size(); i++) {
    if (left_related[i]) from_left.push_back(left[i]);
  }
  return unite(out, from_left);
}

Spans filter(const ExprPtr& expr, const Trace& trace, const Spans& among) {
  if (!expr) return among;
  Spans out;
  FieldContext context{trace, 0, {}};
  for (int span : among) {
    context.span = span;
    if (evaluate(*expr, context).truth()) out.push_back(span);
  }
  return out;
}

Spans select(const SpansetExpr& set, const Trace& trace, const Spans& among) {
  switch (set.op) {
    case SetOp::kFilter:
      return filter(set.filter, trace, among);
    case SetOp::kPipeline: {
      Spans out;
      for (const Spanset& s : run(*set.pipeline, trace)) out = unite(out, s.spans);
      return out;
    }
    default:
      break;
  }
  Spans left = select(*set.left, trace, among);
  Spans right = select(*set.right, trace, among);
  if (set.op == SetOp::kOr) return unite(left, right);
  if (set.op == SetOp::kAnd) return left.empty() || right.empty() ? Spans{} : unite(left, right);
  return structural(set, trace, left, right);
}

Static aggregate(const Stage& stage, const Trace& trace, const Spanset& set) {
  if (stage.aggregate == AggregateKind::kCount) {
    return {.type = Type::kInt, .integer = static_cast<int64_t>(set.spans.size())};
  }
  FieldContext context{trace, 0, {}};
  double sum = 0, min = 0, max = 0;
  size_t n = 0;
  Type type = Type::kFloat;
  for (int span : set.spans) {
    context.span = span;
    Static value = evaluate(*stage.over, context);
    if (value.type != Type::kInt && value.type != Type::kFloat && value.type != Type::kDuration)
      continue;
    if (value.type == Type::kDuration) type = Type::kDuration;
    double v = value.type == Type::kFloat ? value.real : static_cast<double>(value.integer);
    sum += v;
    min = n == 0 ? v : std::min(min, v);
    max = n == 0 ? v : std::max(max, v);
    n++;
  }
  if (n == 0) return {};
  double out = stage.aggregate == AggregateKind::kAvg   ? sum / static_cast<double>(n)
               : stage.aggregate == AggregateKind::kMin ? min
               : stage.aggregate == AggregateKind::kMax ? max
                                                        : sum;
  if (type == Type::kDuration) return {.type = type, .integer = std::llround(out)};
  return {.type = type, .real = out};
}

std::vector<Spanset> group(const Stage& stage, const Trace& trace,
                           const std::vector<Spanset>& sets) {
  std::vector<Spanset> out;
  FieldContext context{trace, 0, {}};
  for (const Spanset& set : sets) {
    std::vector<std::pair<model::Value, size_t>> groups;  // few: a list is enough
    for (int span : set.spans) {
      context.span = span;
      model::Value value = to_value(evaluate(*stage.over, context));
      auto it = std::find_if(groups.begin(), groups.end(),
                             [&](const auto& g) { return g.first == value; });
      if (it == groups.end()) {
        groups.emplace_back(value, out.size());
        Spanset fresh{{}, set.attributes};
        std::string name =
            stage.over->op == Op::kAttribute ? to_string(stage.over->attribute) : "expression";
        model::set(fresh.attributes, "by(" + name + ")", value);
        out.push_back(std::move(fresh));
        it = groups.end() - 1;
      }
      out[it->second].spans.push_back(span);
    }
  }
  return out;
}

std::vector<Spanset> apply(const Stage& stage, const Trace& trace, std::vector<Spanset> sets) {
  std::vector<Spanset> out;
  switch (stage.kind) {
    case Stage::Kind::kSpansets:
      for (Spanset& set : sets) {
        Spans kept = select(*stage.spansets, trace, set.spans);
        if (!kept.empty()) out.push_back({std::move(kept), std::move(set.attributes)});
      }
      return out;
    case Stage::Kind::kAggregateFilter: {
      FieldContext context{trace, 0, {}};
      Static threshold = evaluate(*stage.threshold, context);
      for (Spanset& set : sets) {
        Static value = aggregate(stage, trace, set);
        if (value.nil() || !compare(stage.compare, value, threshold)) continue;
        model::set(set.attributes, stage.aggregate_text, to_value(value));
        out.push_back(std::move(set));
      }
      return out;
    }
    case Stage::Kind::kBy:
      return group(stage, trace, sets);
    case Stage::Kind::kCoalesce: {
      Spans all;
      for (const Spanset& set : sets) all = unite(all, set.spans);
      if (!all.empty()) out.push_back({std::move(all), {}});
      return out;
    }
    case Stage::Kind::kSelect:
      return sets;
  }
  return out;
}

}  // namespace

std::vector<Spanset> run(const Pipeline& pipeline, const Trace& trace) {
  Spans all(trace.size());
  for (size_t i = 0; i < all.size(); i++) all[i] = static_cast<int>(i);
  std::vector<Spanset> sets = {{std::move(all), {}}};
  for (const Stage& stage : pipeline.stages) {
    if (sets.empty()) return {};
    sets = apply(stage, trace, std::move(sets));
  }
  return sets;
}

}  // namespace tarsier::query::traceql
