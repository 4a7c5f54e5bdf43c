// Turns finished exchanges into records and metrics, and sends them on time.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>

#include "assemble/assemble.h"
#include "assemble/checkpoint.h"
#include "assemble/flows.h"
#include "assemble/outbox.h"
#include "assemble/red.h"
#include "assemble/routes.h"

namespace tarsier::assemble {

class Reporter {
 public:
  // Goes on from what the checkpoint inherited.
  Reporter(const Options& options, const Processes& processes, const Clock& clock,
           Checkpoint& checkpoint, model::Sink& out);

  // Who serves at an address, so that its callers can name it.
  void hear_of(ProcessEntry& process) { red_.adopt(process); }
  void serves(const capture::ts_tuple& tuple, ProcessEntry& process);
  // The process is known and the place in the trace is decided.
  void report(const Exchange& exchange);
  void flow(const capture::ts_flow& event);
  void expire(uint64_t now_ns) { flows_.expire(now_ns); }
  // Sends what was reported, and the metrics when they are due (or `all`).
  void send(bool all);

 private:
  struct Service {
    Service(const std::vector<RoutePattern>& patterns, size_t max)
        : served(patterns, max), called(patterns, max) {}
    Routes served, called;
    StringSet methods;  // of RPCs
  };
  std::string_view route(const Exchange& exchange);
  std::string_view rpc_method(const Exchange& exchange, Service& service) const;
  void restore();
  void save();
  // The service that is known to serve at an address; empty when none is.
  std::string_view service_at(std::string_view address, uint16_t port) const;

  const Options& options_;
  const Clock& clock_;
  std::vector<RoutePattern> patterns_;
  StringMap<std::unique_ptr<Service>> services_;
  StringMap<ProcessPtr> servers_;  // by "address:port"
  RedMetrics red_;
  Flows flows_;
  const model::Resource host_;  // what flows are told about
  Checkpoint& checkpoint_;
  std::string state_;
  int64_t save_due_ns_ = 0;  // CLOCK_MONOTONIC
  Outbox outbox_;
  int64_t wall_offset_ns_ = 0;
  int64_t metrics_due_ns_ = 0;
};

}  // namespace tarsier::assemble
