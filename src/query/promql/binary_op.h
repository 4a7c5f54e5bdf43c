// Binary operators on numbers.
#pragma once

#include <span>

#include "query/promql/ast.h"

namespace tarsier::query::promql {

// left[i] = left[i] op right[i] where both are there, else absent. A comparison keeps the value
// of `kept` or, with return_bool, becomes 1 or 0.
void apply_columns(Op op, bool return_bool, std::span<const double> left,
                   std::span<const double> right, std::span<const double> kept,
                   std::span<double> out);

// Whether the result is another metric than the operand, so that it loses the name.
bool changes_metric(Op op);

}  // namespace tarsier::query::promql
