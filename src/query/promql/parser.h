// From text to a checked tree.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/promql/ast.h"

namespace tarsier::query::promql {

// Syntax and types: the whole grammar of Prometheus 3. kInvalid "line:col: parse error: ...".
Result<ExprPtr> parse(std::string_view query);

// Only a selector: metric{label="value"}.
Result<VectorSelector> parse_selector(std::string_view text);

// The types of the whole tree; parse() calls it. Normalises Binary::matching.
Status check_types(std::string_view query, Expr& expr);

}  // namespace tarsier::query::promql
