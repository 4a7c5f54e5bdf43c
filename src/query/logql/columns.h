// Vectors over the grid: what metric queries compute with.
#pragma once

#include <bit>
#include <cmath>
#include <limits>
#include <vector>

#include "base/result.h"
#include "query/context.h"
#include "query/engine.h"
#include "query/logql/ast.h"

namespace tarsier::query::logql {

// One series: a value for each step of the grid. A step without a value is kMissing, a NaN of its
// own bits; other NaNs are values.
struct Column {
  model::Labels labels;
  std::vector<double> values;
};
inline const double kMissing = std::bit_cast<double>(uint64_t{0x7ff8'0000'0000'dead});
inline bool missing(double value) {
  return std::bit_cast<uint64_t>(value) == std::bit_cast<uint64_t>(kMissing);
}

struct Columns {
  bool scalar = false;  // one column without labels, a value for every step
  std::vector<Column> columns;
};

struct GridNs {
  int64_t start_ns = 0, end_ns = 0, step_ns = 0;  // step 0: one instant, end_ns
  size_t steps() const {
    return step_ns == 0 ? 1 : static_cast<size_t>((end_ns - start_ns) / step_ns) + 1;
  }
  int64_t at(size_t i) const {
    return step_ns == 0 ? end_ns : start_ns + static_cast<int64_t>(i) * step_ns;
  }
};

struct Evaluation {
  QueryContext& context;
  const store::EventsReader& events;
  GridNs grid;
};

Result<Columns> evaluate(const Metric& metric, Evaluation& evaluation);
// A range aggregation. `only` names the labels that are needed, when an additive aggregation around
// it groups by them.
Result<Columns> evaluate_range(const Metric& metric, const std::optional<Grouping>& only,
                               Evaluation& evaluation);
Result<Columns> aggregate(const Metric& metric, Columns&& in, Evaluation& evaluation);
Result<Columns> binary(const Metric& metric, Columns&& left, Columns&& right);

// Labels as the grouping leaves them; no grouping leaves none.
model::Labels grouped(const model::Labels& labels, const std::optional<Grouping>& grouping);

}  // namespace tarsier::query::logql
