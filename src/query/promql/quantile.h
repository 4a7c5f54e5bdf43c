// Quantiles of samples and of classic histograms.
#pragma once

#include <span>
#include <vector>

namespace tarsier::query::promql {

// Sorts the values in place; NaN counts as the smallest.
double quantile(double q, std::span<double> values);

struct Bucket {
  double upper_bound = 0, count = 0;  // cumulative
};
struct BucketQuantile {
  double value = 0;
  bool forced_monotonic = false;  // some count fell, and the rest tells where
  double bucket_min = 0, bucket_max = 0, difference_max = 0;
};
// Both sort and change the buckets.
BucketQuantile bucket_quantile(double q, std::vector<Bucket>& buckets);
double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets);

}  // namespace tarsier::query::promql
