// The running state of one group of an aggregation, over all steps.
#pragma once

#include <memory>
#include <span>

#include "query/promql/ast.h"

namespace tarsier::query::promql {

class GroupState {
 public:
  virtual ~GroupState() = default;
  virtual void add(std::span<const double> values) = 0;
  virtual void finish(std::span<double> out) = 0;
};

// For sum, avg, count, min, max, group, stddev, stdvar; quantile takes its q per step.
std::unique_ptr<GroupState> make_group_state(Aggregator op, size_t steps,
                                             std::span<const double> quantiles);
// Bytes of state per step (quantile: and per row).
size_t group_state_bytes(Aggregator op);

}  // namespace tarsier::query::promql
