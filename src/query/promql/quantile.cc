#include "query/promql/quantile.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace tarsier::query::promql {
namespace {

constexpr double kNaN = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();
// Counts of buckets that differ by less are the same: an artefact of floating point.
constexpr double kTolerance = 1e-12;

bool nearly_equal(double a, double b) {
  if (a == b || (std::isnan(a) && std::isnan(b))) return true;
  const double magnitude = std::abs(a) + std::abs(b), difference = std::abs(a - b);
  constexpr double kSmallest = std::numeric_limits<double>::min();
  if (a == 0 || b == 0 || magnitude < kSmallest) return difference < kTolerance * kSmallest;
  return difference / std::min(magnitude, std::numeric_limits<double>::max()) < kTolerance;
}

// False when there is no +Inf bucket, without which nothing can be said.
bool sort_and_coalesce(std::vector<Bucket>& buckets) {
  std::ranges::stable_sort(buckets, {}, &Bucket::upper_bound);
  if (buckets.empty() || buckets.back().upper_bound != kInf) return false;
  size_t last = 0;
  for (size_t i = 1; i < buckets.size(); i++) {
    if (buckets[i].upper_bound == buckets[last].upper_bound) {
      buckets[last].count += buckets[i].count;
    } else {
      buckets[++last] = buckets[i];
    }
  }
  buckets.resize(last + 1);
  return true;
}

void make_monotonic(std::vector<Bucket>& buckets, BucketQuantile& out) {
  out.bucket_min = kInf;
  out.bucket_max = -kInf;
  double previous = buckets[0].count;
  for (size_t i = 1; i < buckets.size(); i++) {
    Bucket& bucket = buckets[i];
    const double count = bucket.count;
    if (count == previous) continue;
    if (nearly_equal(previous, count)) {
      bucket.count = previous;
    } else if (count < previous) {
      bucket.count = previous;
      out.forced_monotonic = true;
      out.bucket_min = std::min(out.bucket_min, bucket.upper_bound);
      out.bucket_max = std::max(out.bucket_max, bucket.upper_bound);
      out.difference_max = std::max(out.difference_max, previous - count);
    } else {
      previous = count;
    }
  }
}

}  // namespace

double quantile(double q, std::span<double> values) {
  if (values.empty() || std::isnan(q)) return kNaN;
  if (q < 0) return -kInf;
  if (q > 1) return kInf;
  std::ranges::sort(values,
                    [](double a, double b) { return std::isnan(a) ? !std::isnan(b) : a < b; });
  const auto n = static_cast<double>(values.size());
  const double rank = q * (n - 1);
  const double lower = std::max(0.0, std::floor(rank)), upper = std::min(n - 1, lower + 1);
  const double weight = rank - std::floor(rank);
  const double low = values[static_cast<size_t>(lower)];
  if (weight == 0) return low;
  return low * (1 - weight) + values[static_cast<size_t>(upper)] * weight;
}

BucketQuantile bucket_quantile(double q, std::vector<Bucket>& buckets) {
  BucketQuantile out{.value = kNaN};
  if (std::isnan(q)) return out;
  if (q < 0 || q > 1) {
    out.value = q < 0 ? -kInf : kInf;
    return out;
  }
  if (!sort_and_coalesce(buckets)) return out;
  make_monotonic(buckets, out);
  const double observations = buckets.back().count;
  if (buckets.size() < 2 || observations == 0) return out;
  double rank = q * observations;
  const auto at = std::partition_point(buckets.begin(), buckets.end() - 1,
                                       [rank](const Bucket& b) { return !(b.count >= rank); });
  if (at == buckets.end() - 1) {
    out.value = (at - 1)->upper_bound;
  } else if (at == buckets.begin() && at->upper_bound <= 0) {
    out.value = at->upper_bound;
  } else {
    double start = 0, count = at->count;
    if (at != buckets.begin()) {
      start = (at - 1)->upper_bound;
      count -= (at - 1)->count;
      rank -= (at - 1)->count;
    }
    out.value = start + (at->upper_bound - start) * (rank / count);
  }
  return out;
}

double bucket_fraction(double lower, double upper, std::vector<Bucket>& buckets) {
  if (!sort_and_coalesce(buckets)) return kNaN;
  const double count = buckets.back().count;
  if (count == 0 || std::isnan(lower) || std::isnan(upper)) return kNaN;
  if (lower >= upper) return 0;
  // The number of observations below the value, linear within a bucket.
  const auto rank_of = [&](double value) {
    double below = 0;
    double lower_bound = buckets[0].upper_bound <= 0 ? -kInf : 0;
    for (const Bucket& bucket : buckets) {
      if (lower_bound >= value) return below;
      if (bucket.upper_bound > value) {
        if (lower_bound == -kInf) return bucket.count;
        return below +
               (bucket.count - below) * (value - lower_bound) / (bucket.upper_bound - lower_bound);
      }
      below = bucket.count;
      lower_bound = bucket.upper_bound;
    }
    return count;
  };
  const auto capped = [count](double rank) { return rank > count ? count : rank; };
  return (capped(rank_of(upper)) - capped(rank_of(lower))) / count;
}

}  // namespace tarsier::query::promql
