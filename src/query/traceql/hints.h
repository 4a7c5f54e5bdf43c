// What a query says that the store can use to leave traces out early.
#pragma once

#include "query/traceql/ast.h"
#include "store/reader.h"

namespace tarsier::query::traceql {

// Conditions that every matching trace meets with one span: those joined by && in the only filter
// that the first stage is.
store::TraceSelect hints(const Query& query);

}  // namespace tarsier::query::traceql
