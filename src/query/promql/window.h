// Kernels over sliding windows: what enters at the right and leaves at the left, so that a range
// query costs O(samples + steps) where the function allows it.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <vector>

#include "query/promql/compensated.h"
#include "query/promql/eval.h"

namespace tarsier::query::promql {

// The samples [begin, end) of a series, seen from one step.
struct Window {
  std::span<const model::Sample> samples;  // all of the series
  size_t begin = 0, end = 0;
  int64_t start_ms = 0, end_ms = 0;  // of the range, start excluded
  size_t step = 0;

  size_t size() const { return end - begin; }
  const model::Sample& first() const { return samples[begin]; }
  const model::Sample& last() const { return samples[end - 1]; }
  std::span<const model::Sample> values() const { return samples.subspan(begin, end - begin); }
};

// Kernel: enter(samples, index, begin) and leave(samples, index, end) keep its state; value(window)
// is asked at each step whose window is not empty; scans() says whether that costs the window's
// size. False also when the query's time is up.
template <typename Kernel>
bool slide(std::span<const model::Sample> samples, const Windows& windows, Kernel& kernel,
           std::span<double> out) {
  constexpr size_t kWorkBetweenChecks = 1 << 20;
  bool any = false;
  size_t begin = 0, end = 0, work = 0;
  for (size_t i = 0; i < out.size(); i++) {
    work += 1 + (kernel.scans() ? end - begin : 0);
    if (work > kWorkBetweenChecks) {
      if (!windows.context->check()) return false;  // the caller asks again, and gets the error
      work = 0;
    }
    const int64_t last = windows.end(i), first = last - windows.range_ms;
    while (end < samples.size() && samples[end].time_ms <= last) {
      kernel.enter(samples, end, begin);
      end++;
    }
    while (begin < end && samples[begin].time_ms <= first) {
      kernel.leave(samples, begin, end);
      begin++;
    }
    out[i] = kAbsent;
    if (begin == end) continue;
    out[i] = kernel.value(Window{samples, begin, end, first, last, i});
    any = any || !is_absent(out[i]);
  }
  return any;
}

// A kernel that looks at the whole window each time.
template <typename Function>
struct Scan {
  Function function;
  void enter(std::span<const model::Sample>, size_t, size_t) {}
  void leave(std::span<const model::Sample>, size_t, size_t) {}
  double value(const Window& window) { return function(window); }
  bool scans() const { return true; }
};

// Counts neighbouring pairs in the window for which the predicate holds.
template <typename Predicate>
struct CountPairs {
  Predicate holds;
  size_t count = 0;
  void enter(std::span<const model::Sample> samples, size_t index, size_t begin) {
    if (index > begin && holds(samples[index - 1].value, samples[index].value)) count++;
  }
  void leave(std::span<const model::Sample> samples, size_t index, size_t end) {
    if (index + 1 < end && holds(samples[index].value, samples[index + 1].value)) count--;
  }
  double value(const Window&) { return static_cast<double>(count); }
  bool scans() const { return false; }
};

// The largest (or smallest) value: candidates in falling order, the next maximum in front.
// NaN loses against everything.
template <typename Better>
class Extreme {
 public:
  void enter(std::span<const model::Sample> samples, size_t index, size_t) {
    const double value = samples[index].value;
    if (std::isnan(value)) return;
    while (candidates_.size() > front_ && !Better()(samples[candidates_.back()].value, value)) {
      candidates_.pop_back();
    }
    candidates_.push_back(index);
  }
  void leave(std::span<const model::Sample>, size_t index, size_t) {
    if (front_ == candidates_.size() || candidates_[front_] != index) return;
    if (++front_ == candidates_.size()) {
      candidates_.clear();
      front_ = 0;
    }
  }
  double value(const Window& window) {
    if (front_ == candidates_.size()) return std::numeric_limits<double>::quiet_NaN();
    return window.samples[candidates_[front_]].value;
  }
  bool scans() const { return false; }

 private:
  std::vector<size_t> candidates_;
  size_t front_ = 0;
};

// Sums of the window in amortised constant time, without ever subtracting: sums of all suffixes of
// the older part, and one running sum of the newer part.
class SlidingSum {
 public:
  void enter(std::span<const model::Sample> samples, size_t index, size_t) {
    if (newer_begin_ == newer_end_) newer_begin_ = index;
    newer_end_ = index + 1;
    newer_.add(samples[index].value);
  }
  void leave(std::span<const model::Sample> samples, size_t index, size_t end) {
    if (index >= newer_begin_) turn_over(samples, index, end);
    suffixes_.pop_back();
  }
  CompensatedSum sum() const {
    if (suffixes_.empty()) return newer_;
    CompensatedSum all = suffixes_.back();
    if (newer_begin_ != newer_end_) all.add(newer_);
    return all;
  }

 private:
  void turn_over(std::span<const model::Sample> samples, size_t begin, size_t end) {
    suffixes_.clear();
    CompensatedSum suffix;
    for (size_t i = end; i > begin; i--) {
      suffix.add(samples[i - 1].value);
      suffixes_.push_back(suffix);
    }
    newer_ = {};
    newer_begin_ = newer_end_ = end;
  }

  std::vector<CompensatedSum> suffixes_;  // the last one is that of the whole older part
  CompensatedSum newer_;
  size_t newer_begin_ = 0, newer_end_ = 0;
};

// Sum or mean. What is not finite is summed anew, as its order matters.
template <bool kMean>
class SumOrMean {
 public:
  void enter(std::span<const model::Sample> samples, size_t index, size_t begin) {
    sliding_.enter(samples, index, begin);
  }
  void leave(std::span<const model::Sample> samples, size_t index, size_t end) {
    sliding_.leave(samples, index, end);
  }
  double value(const Window& window) {
    const CompensatedSum sum = sliding_.sum();
    if (!std::isfinite(sum.sum)) return anew(window);
    const auto count = static_cast<double>(window.size());
    return kMean ? sum.sum / count + sum.rest / count : sum.total();
  }
  bool scans() const { return !std::isfinite(sliding_.sum().sum); }

 private:
  static double anew(const Window& window) {
    if constexpr (kMean) {
      CompensatedMean mean;
      for (const model::Sample& sample : window.values()) mean.add(sample.value);
      return mean.mean();
    }
    CompensatedSum sum;
    for (const model::Sample& sample : window.values()) sum.add(sample.value);
    return std::isinf(sum.sum) ? sum.sum : sum.total();
  }
  SlidingSum sliding_;
};

}  // namespace tarsier::query::promql
