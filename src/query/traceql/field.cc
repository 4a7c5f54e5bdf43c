#include "query/traceql/field.h"

#include <cmath>

#include "query/syntax/literal.h"
#include "query/traceql/names.h"

namespace tarsier::query::traceql {
namespace {

Static text(std::string_view value) {
  return {.type = Type::kString, .text = value};
}
Static integer(Type type, int64_t value) {
  return {.type = type, .integer = value};
}
Static boolean(bool value) {
  return integer(Type::kBool, value);
}

bool numeric(const Static& v) {
  return v.type == Type::kInt || v.type == Type::kFloat || v.type == Type::kDuration;
}
double number(const Static& v) {
  return v.type == Type::kFloat ? v.real : static_cast<double>(v.integer);
}

template <typename T>
bool ordered(Op op, const T& a, const T& b) {
  switch (op) {
    case Op::kEqual:
      return a == b;
    case Op::kNotEqual:
      return a != b;
    case Op::kLess:
      return a < b;
    case Op::kLessEqual:
      return a <= b;
    case Op::kGreater:
      return a > b;
    case Op::kGreaterEqual:
      return a >= b;
    default:
      return false;
  }
}

Static arithmetic(Op op, const Static& a, const Static& b) {
  if (!numeric(a) || !numeric(b)) return {};
  double x = number(a), y = number(b), out = 0;
  switch (op) {
    case Op::kAdd:
      out = x + y;
      break;
    case Op::kSubtract:
      out = x - y;
      break;
    case Op::kMultiply:
      out = x * y;
      break;
    case Op::kDivide:
      out = x / y;
      break;
    case Op::kModulo:
      out = std::fmod(x, y);
      break;
    case Op::kPower:
      out = std::pow(x, y);
      break;
    default:
      return {};
  }
  bool duration = a.type == Type::kDuration || b.type == Type::kDuration;
  bool whole =
      a.type == Type::kInt && b.type == Type::kInt && op != Op::kDivide && std::fabs(out) < 9e15;
  if (duration && std::fabs(out) < 9e18) return integer(Type::kDuration, static_cast<int64_t>(out));
  if (whole) return integer(Type::kInt, static_cast<int64_t>(out));
  return {.type = Type::kFloat, .real = out};
}

Static from_attributes(const model::Attributes& attributes, std::string_view key) {
  const model::Value* value = model::find(attributes, key);
  return value ? from_value(*value) : Static{};
}

Static intrinsic(Intrinsic which, FieldContext& c) {
  const Trace& trace = c.trace;
  const model::Span& span = trace.span(c.span);
  auto hex = [&](const auto& id, int slot) {
    c.scratch[slot] = id.empty() ? std::string() : id.hex();
    return text(c.scratch[slot]);
  };
  switch (which) {
    case Intrinsic::kDuration:
      return integer(Type::kDuration, span.end_ns - span.start_ns);
    case Intrinsic::kName:
      return text(span.name);
    case Intrinsic::kStatus:
      return integer(Type::kStatus, static_cast<int64_t>(span.status));
    case Intrinsic::kStatusMessage:
      return text(span.status_message);
    case Intrinsic::kKind:
      return integer(Type::kKind, static_cast<int64_t>(span.kind));
    case Intrinsic::kChildCount:
      return integer(Type::kInt, trace.child_count(c.span));
    case Intrinsic::kRootName:
      return text(trace.root_name());
    case Intrinsic::kRootServiceName:
      return text(trace.root_service());
    case Intrinsic::kTraceDuration:
      return integer(Type::kDuration, trace.duration_ns());
    case Intrinsic::kTraceId:
      return text(trace.id_hex());
    case Intrinsic::kSpanId:
      return hex(span.span_id, 0);
    case Intrinsic::kParentId:
      return hex(span.parent_span_id, 1);
    case Intrinsic::kNestedSetLeft:
      return integer(Type::kInt, trace.nested_set(c.span).left);
    case Intrinsic::kNestedSetRight:
      return integer(Type::kInt, trace.nested_set(c.span).right);
    case Intrinsic::kNestedSetParent:
      return integer(Type::kInt, trace.nested_set(c.span).parent);
    case Intrinsic::kScopeName:
      return text(trace.row(c.span).scope.name);
    case Intrinsic::kScopeVersion:
      return text(trace.row(c.span).scope.version);
    default:
      return {};  // events and links: each_value
  }
}

bool has_many(const Attribute& a) {
  if (a.scope == Scope::kEvent || a.scope == Scope::kLink) return true;
  return a.scope == Scope::kIntrinsic && a.intrinsic >= Intrinsic::kEventName &&
         a.intrinsic <= Intrinsic::kLinkSpanId;
}

Static single(const Attribute& a, FieldContext& c) {
  const store::SpanRow& row = c.trace.row(c.span);
  switch (a.scope) {
    case Scope::kIntrinsic:
      return intrinsic(a.intrinsic, c);
    case Scope::kSpan:
      return from_attributes(row.span.attributes, a.name);
    case Scope::kResource:
      return from_attributes(row.resource.attributes, a.name);
    case Scope::kInstrumentation:
      return from_attributes(row.scope.attributes, a.name);
    case Scope::kNone: {
      Static found = from_attributes(row.span.attributes, a.name);
      return found.nil() ? from_attributes(row.resource.attributes, a.name) : found;
    }
    default:
      return {};
  }
}

// regex is set for =~ and !~; arrays: `=` any element, `!=` none.
bool holds(Op op, const Static& left, const Static& right, const re2::RE2* regex) {
  if (left.type == Type::kArray) {
    bool none = op == Op::kNotEqual || op == Op::kNotMatch;
    Op element = op == Op::kNotEqual ? Op::kEqual : op == Op::kNotMatch ? Op::kMatch : op;
    for (const model::Value& value : *left.array) {
      if (holds(element, from_value(value), right, regex)) return !none;
    }
    return none;
  }
  if (regex) {
    if (left.type != Type::kString) return false;
    return re2::RE2::FullMatch({left.text.data(), left.text.size()}, *regex) == (op == Op::kMatch);
  }
  return compare(op, left, right);
}

Static comparison(const Expr& e, FieldContext& c) {
  if (e.right->op == Op::kStatic && e.right->value.nil()) {
    Static left = evaluate(*e.left, c);
    return boolean(left.nil() == (e.op == Op::kEqual));
  }
  if (e.left->op == Op::kAttribute && has_many(e.left->attribute)) {
    Static right = e.regex ? Static{} : evaluate(*e.right, c);
    bool any = false;
    each_value(e.left->attribute, c,
               [&](const Static& v) { any |= holds(e.op, v, right, e.regex.get()); });
    return boolean(any);
  }
  Static left = evaluate(*e.left, c);
  if (e.regex) return boolean(!left.nil() && holds(e.op, left, {}, e.regex.get()));
  Static right = evaluate(*e.right, c);
  if (right.type == Type::kArray && left.type != Type::kArray &&
      (e.op == Op::kEqual || e.op == Op::kNotEqual)) {
    return boolean(holds(e.op, right, left, nullptr));
  }
  return boolean(!left.nil() && !right.nil() && holds(e.op, left, right, nullptr));
}

}  // namespace

Static from_value(const model::Value& value) {
  if (const auto* s = std::get_if<std::string>(&value.data)) return text(*s);
  if (const auto* b = std::get_if<bool>(&value.data)) return boolean(*b);
  if (const auto* i = std::get_if<int64_t>(&value.data)) return integer(Type::kInt, *i);
  if (const auto* d = std::get_if<double>(&value.data)) return {.type = Type::kFloat, .real = *d};
  if (const auto* a = std::get_if<model::Array>(&value.data))
    return {.type = Type::kArray, .array = a};
  return {};
}

model::Value to_value(const Static& v) {
  switch (v.type) {
    case Type::kString:
      return {std::string(v.text)};
    case Type::kInt:
    case Type::kDuration:
      return {v.integer};
    case Type::kFloat:
      return {v.real};
    case Type::kBool:
      return {v.integer != 0};
    case Type::kStatus:
      return {std::string(status_name(v.integer))};
    case Type::kKind:
      return {std::string(kind_name(v.integer))};
    case Type::kArray:
      return {*v.array};
    case Type::kNil:
      return {std::string("nil")};
  }
  return {};
}

std::string to_string(const Static& v) {
  if (v.type == Type::kDuration) return syntax::format_duration_ns(v.integer);
  return model::to_string(to_value(v));
}

bool compare(Op op, const Static& a, const Static& b) {
  if (numeric(a) && numeric(b)) {
    if (a.type != Type::kFloat && b.type != Type::kFloat) return ordered(op, a.integer, b.integer);
    return ordered(op, number(a), number(b));
  }
  if (a.type != b.type) return false;
  if (a.type == Type::kString) return ordered(op, a.text, b.text);
  if (op != Op::kEqual && op != Op::kNotEqual) return false;
  return ordered(op, a.integer, b.integer);
}

void each_value(const Attribute& a, FieldContext& c,
                const std::function<void(const Static&)>& visit) {
  if (!has_many(a)) {
    Static value = single(a, c);
    if (!value.nil()) visit(value);
    return;
  }
  const model::Span& span = c.trace.span(c.span);
  bool of_events =
      a.scope == Scope::kEvent ||
      (a.scope == Scope::kIntrinsic &&
       (a.intrinsic == Intrinsic::kEventName || a.intrinsic == Intrinsic::kEventTimeSinceStart));
  if (of_events) {
    for (const model::SpanEvent& event : span.events) {
      Static value = a.scope == Scope::kEvent ? from_attributes(event.attributes, a.name)
                     : a.intrinsic == Intrinsic::kEventName
                         ? text(event.name)
                         : integer(Type::kDuration, event.time_ns - span.start_ns);
      if (!value.nil()) visit(value);
    }
    return;
  }
  for (const model::SpanLink& link : span.links) {
    std::string hex =
        a.intrinsic == Intrinsic::kLinkSpanId ? link.span_id.hex() : link.trace_id.hex();
    Static value = a.scope == Scope::kLink ? from_attributes(link.attributes, a.name) : text(hex);
    if (!value.nil()) visit(value);
  }
}

Static evaluate(const Expr& e, FieldContext& c) {
  switch (e.op) {
    case Op::kStatic:
      return e.value;
    case Op::kAttribute: {
      if (!has_many(e.attribute)) return single(e.attribute, c);
      Static first;
      each_value(e.attribute, c, [&](const Static& v) {
        if (first.nil() && v.type != Type::kString) first = v;
        if (first.nil() && v.type == Type::kString) {
          c.scratch[0] = v.text;
          first = text(c.scratch[0]);
        }
      });
      return first;
    }
    case Op::kNot:
      return boolean(!evaluate(*e.left, c).truth());
    case Op::kNegate: {
      Static value = evaluate(*e.left, c);
      value.integer = value.type == Type::kInt || value.type == Type::kDuration ? -value.integer
                                                                                : value.integer;
      value.real = -value.real;
      return value;
    }
    case Op::kAnd:
      return boolean(evaluate(*e.left, c).truth() && evaluate(*e.right, c).truth());
    case Op::kOr:
      return boolean(evaluate(*e.left, c).truth() || evaluate(*e.right, c).truth());
    case Op::kAdd:
    case Op::kSubtract:
    case Op::kMultiply:
    case Op::kDivide:
    case Op::kModulo:
    case Op::kPower: {
      Static left = evaluate(*e.left, c);
      return arithmetic(e.op, left, evaluate(*e.right, c));
    }
    default:
      return comparison(e, c);
  }
}

}  // namespace tarsier::query::traceql
