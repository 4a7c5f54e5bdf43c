#include "store/metrics/exponential.h"

#include <algorithm>
#include <cmath>
#include <map>

namespace tarsier::store {
namespace {

// Upper end of bucket `index` at `scale`: 2^((index + 1) * 2^-scale).
double upper_bound(int64_t index, int32_t scale) {
  return std::exp2(std::ldexp(static_cast<double>(index + 1), -scale));
}

// Counts by bucket of the coarser scale.
std::map<int64_t, uint64_t> joined(const model::ExponentialBuckets& buckets, int32_t shift) {
  std::map<int64_t, uint64_t> out;
  for (size_t i = 0; i < buckets.counts.size(); i++) {
    if (buckets.counts[i] == 0) continue;
    out[(int64_t{buckets.offset} + static_cast<int64_t>(i)) >> shift] += buckets.counts[i];
  }
  return out;
}

}  // namespace

DerivedBuckets derive_buckets(const model::ExponentialHistogramPoint& point) {
  int32_t scale = std::clamp(point.scale, -20, 40);
  int32_t shift = std::max(0, scale - kDerivedScaleMax);
  scale -= shift;
  DerivedBuckets out;
  uint64_t total = 0;
  auto add = [&](double bound, uint64_t count) {
    total += count;
    if (!std::isfinite(bound)) return;
    if (!out.bounds.empty() && bound <= out.bounds.back()) {
      out.counts.back() = total;
      return;
    }
    out.bounds.push_back(bound);
    out.counts.push_back(total);
  };
  auto negative = joined(point.negative, shift);
  for (auto it = negative.rbegin(); it != negative.rend(); ++it) {
    add(-upper_bound(it->first - 1, scale), it->second);  // (-b^(i+1), -b^i]
  }
  if (point.zero_count > 0) add(std::max(0.0, point.zero_threshold), point.zero_count);
  auto positive = joined(point.positive, shift);
  if (!positive.empty()) {  // where the first bucket begins, so that nothing is read into below it
    add(upper_bound(positive.begin()->first - 1, scale), 0);
  }
  for (const auto& [index, count] : positive) add(upper_bound(index, scale), count);
  return out;
}

uint64_t DerivedBuckets::at(double bound) const {
  auto it = std::upper_bound(bounds.begin(), bounds.end(), bound);
  return it == bounds.begin() ? 0 : counts[static_cast<size_t>(it - bounds.begin()) - 1];
}

}  // namespace tarsier::store
