// Field expressions: the value of an attribute of one span, and what operators make of values.
#pragma once

#include <functional>
#include <string>

#include "query/traceql/ast.h"
#include "query/traceql/trace.h"

namespace tarsier::query::traceql {

// `scratch` keeps texts that had to be made (ids as hex) alive until the next evaluation.
struct FieldContext {
  const Trace& trace;
  int span = 0;
  std::string scratch[2];
};

// A comparison with a missing attribute is false, whatever the operator.
Static evaluate(const Expr& expr, FieldContext& context);

// Every value that the attribute has on this span: events and links have many.
void each_value(const Attribute& attribute, FieldContext& context,
                const std::function<void(const Static&)>& visit);

Static from_value(const model::Value& value);
model::Value to_value(const Static& value);  // status and kind in words, durations as ns
std::string to_string(const Static& value);  // as a query writes it, without quotes
bool compare(Op op, const Static& left, const Static& right);

}  // namespace tarsier::query::traceql
