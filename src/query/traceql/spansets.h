// Spanset expressions and pipelines over one trace.
#pragma once

#include <vector>

#include "base/result.h"
#include "model/value.h"
#include "query/traceql/ast.h"
#include "query/traceql/trace.h"

namespace tarsier::query::traceql {

struct Spanset {
  std::vector<int> spans;        // in the trace's order, each once
  model::Attributes attributes;  // what by() and aggregates said about it
};

// The spansets that come out of the pipeline; empty: the trace does not match.
std::vector<Spanset> run(const Pipeline& pipeline, const Trace& trace);

}  // namespace tarsier::query::traceql
