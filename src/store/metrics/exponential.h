// Classic buckets out of an exponential histogram, for queries that know no other kind.
#pragma once

#include <cstdint>
#include <vector>

#include "model/metric.h"

namespace tarsier::store {

// Bounds grow by the square root of two: finer buckets are joined, so that their number stays small
// and the bounds stay the same while the scale changes. Coarser ones are kept as they are.
inline constexpr int32_t kDerivedScaleMax = 1;

// Cumulative counts at ascending bounds, +Inf left out. Exact at each bound.
struct DerivedBuckets {
  std::vector<double> bounds;
  std::vector<uint64_t> counts;
  // At any bound: exact at those above, and where they end; else what is surely below.
  uint64_t at(double bound) const;
};
DerivedBuckets derive_buckets(const model::ExponentialHistogramPoint& point);

}  // namespace tarsier::store
