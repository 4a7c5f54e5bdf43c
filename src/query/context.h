// What every query carries, whatever its language: how long it may take, how much memory, for whom.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>

#include "base/clock.h"
#include "base/result.h"

namespace tarsier::query {

// One thread evaluates a query; stop may be requested from any.
struct QueryContext {
  std::string tenant;
  int64_t deadline_ns = INT64_MAX;  // monotonic
  std::stop_token stop;
  size_t memory_max_bytes = 512u << 20;
  size_t samples_max = 50'000'000;  // Prometheus's --query.max-samples
  const Clock* clock = &system_clock();

  size_t memory_used_bytes = 0;
  size_t samples_read = 0;

  // kTimeout, kCancelled or kLimitExceeded when the query has to end. Called per batch of work.
  Status check() const;
  // Accounts for memory about to be held; kLimitExceeded when the budget is spent.
  Status reserve(size_t bytes);
};

}  // namespace tarsier::query
