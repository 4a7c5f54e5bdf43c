// What is known once the query's time grid is known.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/engine.h"
#include "query/promql/ast.h"

namespace tarsier::query::promql {

// Puts numbers in place of start(), end(), step(), range() and duration expressions, turns @
// start() and @ end() into times, drops parentheses around arguments, and marks what is the same at
// every step.
Status prepare(std::string_view query, Expr& expr, const Grid& grid);

}  // namespace tarsier::query::promql
