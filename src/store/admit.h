// Which items of a batch the store takes at all.
#pragma once

#include <vector>

#include "model/sink.h"

namespace tarsier::store {

// A clock that is wrong by more than this makes a record that would outlive retention.
inline constexpr int64_t kFutureMax_ns = 3600LL * 1'000'000'000;

struct AdmitLimits {
  int64_t now_ns = 0;
  int64_t oldest_ns = 0;  // what is older is past its retention
};

// Takes the items that cannot be kept out of the batch and says why: too old, too far in the
// future, spans without ids, series without a name. A log record without any time gets the present
// one as its observed time, as OpenTelemetry asks of whoever receives it first.
std::vector<model::Refusal> admit(model::Batch& batch, const AdmitLimits& limits);

}  // namespace tarsier::store
