// Summation that does not lose the small behind the large (Kahan, improved by Neumaier).
#pragma once

#include <cmath>

namespace tarsier::query::promql {

struct CompensatedSum {
  double sum = 0, rest = 0;

  void add(double value) {
    const double total = sum + value;
    if (std::isinf(total)) {
      rest = 0;
    } else if (std::fabs(sum) >= std::fabs(value)) {
      rest += (sum - total) + value;
    } else {
      rest += (value - total) + sum;
    }
    sum = total;
  }
  void add(const CompensatedSum& other) {
    add(other.sum);
    rest += other.rest;
  }
  double total() const { return sum + rest; }
};

// The mean; when the sum would overflow it goes on incrementally.
class CompensatedMean {
 public:
  void add(double value) {
    count_++;
    if (!incremental_) {
      CompensatedSum next = sum_;
      next.add(value);
      if (count_ == 1 || !std::isinf(next.sum)) {
        sum_ = next;
        return;
      }
      incremental_ = true;
      sum_.sum /= count_ - 1;
      sum_.rest /= count_ - 1;
    }
    const double weight = (count_ - 1) / count_;
    sum_.sum *= weight;
    sum_.rest *= weight;
    sum_.add(value / count_);
  }
  double mean() const {
    return incremental_ ? sum_.total() : sum_.sum / count_ + sum_.rest / count_;
  }

 private:
  CompensatedSum sum_;  // of the values, or their mean once incremental
  double count_ = 0;
  bool incremental_ = false;
};

}  // namespace tarsier::query::promql
