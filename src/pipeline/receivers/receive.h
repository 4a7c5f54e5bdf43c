// What every receiver does with a decoded batch, whatever protocol it came by.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/metrics.h"
#include "model/sink.h"
#include "net/http.h"

namespace tarsier::pipeline {

inline constexpr size_t kBodyBytesMax = 64u << 20;  // unpacked, of what net leaves packed

struct Receipt {
  size_t taken = 0;
  size_t rejected = 0;  // for good: sending them again would not help
  size_t deferred = 0;  // may be sent again later
  Error error;          // of the first refusal, when there was one
  std::optional<std::chrono::milliseconds> retry_after;
};

// Counts, by protocol ("otlp_http", "otlp_grpc", "loki", "remote_write"): received items = accepted
// + refused.
class ReceiverCounters {
 public:
  explicit ReceiverCounters(const std::string& protocol);
  Counter& received;
  Counter& accepted;
  Counter& rejected;
  Counter& deferred;
  Counter& undecodable;  // requests
};

// Offers the batch, and returns when what was taken is durable. What could not be made durable is
// deferred. Spans without a trace or span id are rejected before.
Receipt deliver(model::Sink& sink, model::Batch&& batch, ReceiverCounters& counters);

// The media type of a Content-Type header: lower case, without parameters.
std::string media_type(const net::Request& request);
// The body, unpacked when its Content-Encoding is snappy or zstd, which net leaves to us.
Result<std::string_view> unpacked_body(const net::Request& request, std::string& storage);

// Retry-After, in whole seconds, at least one.
void add_retry_after(net::Response& response, const Receipt& receipt);

}  // namespace tarsier::pipeline
