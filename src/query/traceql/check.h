// What the grammar cannot say: which types may meet, and regexes that compile.
#pragma once

#include <string_view>

#include "base/result.h"
#include "query/traceql/ast.h"

namespace tarsier::query::traceql {

// Also compiles the regexes.
Status check(Query& query, std::string_view source);

}  // namespace tarsier::query::traceql
