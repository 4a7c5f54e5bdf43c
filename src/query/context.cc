#include "query/context.h"

#include <fmt/format.h>

namespace tarsier::query {

Status QueryContext::check() const {
  if (stop.stop_requested()) return Error{Code::kCancelled, "query cancelled by the client"};
  if (clock->monotonic_ns() > deadline_ns) return Error{Code::kTimeout, "query timed out"};
  if (samples_read > samples_max) {
    return Error{
        Code::kLimitExceeded,
        fmt::format("query would load more than {} samples: narrow the selector or the time "
                    "range, or raise query.samples_max",
                    samples_max)};
  }
  return {};
}

Status QueryContext::reserve(size_t bytes) {
  memory_used_bytes += bytes;
  if (memory_used_bytes <= memory_max_bytes) return {};
  return Error{Code::kLimitExceeded,
               fmt::format("query needs more than {} bytes of memory: narrow it, or raise "
                           "query.memory_max_bytes",
                           memory_max_bytes)};
}

}  // namespace tarsier::query
