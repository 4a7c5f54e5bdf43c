// Door of assemble: raw events in, spans, metrics, request logs and flows out.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "capture/capture.h"
#include "model/sink.h"

namespace tarsier::assemble {

enum class Sampler {
  kAlwaysOn,
  kAlwaysOff,
  kTraceIdRatio,
  kParentBasedAlwaysOn,
  kParentBasedAlwaysOff,
  kParentBasedTraceIdRatio,
};

struct Options {
  Sampler sampler = Sampler::kParentBasedAlwaysOn;
  double sampler_ratio = 1;
  int64_t metrics_interval_ns = 5 * kSecond;
  bool traces = true, metrics = true, request_logs = true, flows = true;
  std::vector<std::string> route_patterns;       // "/user/{id}", tried before the automatic rules
  std::vector<std::string> redacted_query_keys;  // added to the default list
  size_t connections_max = 65'536;               // tracked at once; the oldest idle one goes first
  size_t routes_per_service_max = 100;           // more become the route "AGGREGATED"
  size_t flows_max = 5'000;                      // distinct flow series a reporting interval
  int64_t span_wait_max_ns = 10 * kSecond;       // how long a finished span waits for its parent
  std::string host_name, host_id;
  // Outlives the process: zeroes, or what a worker of the same build left, whose cumulative metrics
  // then go on from less than a second before its end. Empty: they start afresh.
  std::span<std::byte> state;
};

// One thread calls it: the one that reads the ring. Batches are offered to `out` at each tick().
class Assembler : public capture::EventHandler {
 public:
  virtual ~Assembler() = default;
  // Emits what is due; call it at least every 100 ms, with the time of `clock` or later.
  virtual void tick() = 0;
  // Emits everything that is held, ready or not: before the process ends.
  virtual void flush() = 0;
};

std::unique_ptr<Assembler> make_assembler(const Options& options, const Clock& clock,
                                          model::Sink& out);

}  // namespace tarsier::assemble
