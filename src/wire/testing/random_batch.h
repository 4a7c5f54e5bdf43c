// Random telemetry for property tests: over many seeds, every field of model takes every shape.
#pragma once

#include "base/clock.h"
#include "base/random.h"
#include "model/batch.h"

namespace tarsier::wire::testing {

struct RandomBatchOptions {
  size_t resources_max = 3;  // per signal; scopes, records and lists are of the same order
  size_t records_max = 5;    // per scope
  int value_depth = 3;       // arrays and maps inside of attribute values
  // Times lie in [time_ns, time_ns + range_ns).
  int64_t time_ns = 1'700'000'000 * kSecond;
  int64_t range_ns = kHour;
  // Also times of 0 and of any 64 bits, empty ids, and data points without a value.
  bool extremes = true;
  // NaNs of any bits; else the canonical one only, which is all that JSON can carry.
  bool nan_payloads = false;
  bool spans = true, logs = true, metrics = true, series = true;
};

// The same generator state and options give the same batch.
model::Batch random_batch(Random& random, const RandomBatchOptions& options = {});

// Valid UTF-8 of 0 to 40 characters, quotes, control characters and emoji among them.
std::string random_text(Random& random);
double random_double(Random& random, bool nan_payloads);

}  // namespace tarsier::wire::testing
