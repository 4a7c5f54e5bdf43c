// rate, increase and delta: the difference over a window, extrapolated to its ends.
#pragma once

#include <vector>

#include "query/promql/window.h"

namespace tarsier::query::promql {

class Rate {
 public:
  Rate(bool counter, bool per_second, int64_t range_ms)
      : counter_(counter),
        per_second_(per_second),
        range_s_(static_cast<double>(range_ms) / 1000) {}

  void enter(std::span<const model::Sample> samples, size_t index, size_t begin) {
    if (counter_ && index > begin && samples[index].value < samples[index - 1].value) {
      resets_.push_back(index);
    }
  }
  void leave(std::span<const model::Sample>, size_t index, size_t) {
    // A reset between the leaving sample and the next is no longer inside.
    if (front_ < resets_.size() && resets_[front_] == index + 1) front_++;
    if (front_ == resets_.size()) {
      resets_.clear();
      front_ = 0;
    }
  }
  double value(const Window& window) {
    if (window.size() < 2) return kAbsent;
    double increase = window.last().value - window.first().value;
    for (size_t i = front_; i < resets_.size(); i++) {
      increase += window.samples[resets_[i] - 1].value;
    }
    return increase * factor(window, increase);
  }

  bool scans() const { return false; }

 private:
  // A window whose samples come close to its ends is taken to be covered whole; else the series
  // is taken to begin (or end) half an interval beyond its first (last) sample.
  double factor(const Window& window, double increase) const {
    const auto seconds = [](int64_t ms) { return static_cast<double>(ms) / 1000; };
    const double sampled = seconds(window.last().time_ms - window.first().time_ms);
    const double average = sampled / static_cast<double>(window.size() - 1);
    const double threshold = average * 1.1;
    double to_start = seconds(window.first().time_ms - window.start_ms);
    double to_end = seconds(window.end_ms - window.last().time_ms);
    if (to_start >= threshold) to_start = average / 2;
    if (counter_ && increase > 0 && window.first().value >= 0) {
      // A counter was never below zero.
      to_start = std::min(to_start, sampled * (window.first().value / increase));
    }
    if (to_end >= threshold) to_end = average / 2;
    double factor = sampled == 0 ? 1 : (sampled + to_start + to_end) / sampled;
    if (per_second_) factor /= range_s_;
    return factor;
  }

  bool counter_, per_second_;
  double range_s_;
  std::vector<size_t> resets_;  // indices of samples below the one before
  size_t front_ = 0;
};

}  // namespace tarsier::query::promql
