// One export request, and what its answer means.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "net/client.h"
#include "wire/otlp.h"

namespace tarsier::pipeline {

struct Verdict {
  enum Kind { kDelivered, kRefused, kTryAgain } kind = kDelivered;
  uint64_t rejected = 0;  // items of a delivered request that the far side did not take
  std::string reason;
  std::optional<std::chrono::nanoseconds> retry_after;
};

// By OTLP/HTTP: 2xx with its partial success; 429, 502, 503 and 504, and no answer at all, are to
// be tried again; everything else is refused for good.
Verdict judge(wire::Signal signal, const Result<net::Response>& response, int64_t now_ns);

// Seconds, or an HTTP date; empty when it is neither.
std::optional<std::chrono::nanoseconds> parse_retry_after(std::string_view text, int64_t now_ns);

// Exponential, with jitter: half to whole of 0.5, 1, 2, 4, 8, 10, 10 ... seconds.
class Backoff {
 public:
  std::chrono::nanoseconds next(Random& random);

 private:
  int64_t wait_ns_ = 500 * kMillisecond;
};

}  // namespace tarsier::pipeline
