// A tree back to text, as Prometheus prints it.
#pragma once

#include <string>

#include "query/promql/ast.h"

namespace tarsier::query::promql {

// On one line.
std::string to_string(const Expr& expr);
// Broken over lines where one would exceed 100 characters.
std::string pretty(const Expr& expr);

// Go's 'f' format with the fewest digits: 0.1, 1000000, +Inf, NaN. Also count_values' labels.
std::string format_number(double value);

}  // namespace tarsier::query::promql
