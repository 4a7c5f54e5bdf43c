// Door of pipeline: receivers -> processors -> exporters, each end a model::Sink.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/clock.h"
#include "model/sink.h"
#include "net/client.h"
#include "net/http.h"
#include "net/server.h"

namespace tarsier::pipeline {

// Receivers. An answer is sent only when what was taken is durable. Refusals become the protocol's
// own: OTLP partial_success; 429 or 503 with Retry-After; gRPC UNAVAILABLE, which senders retry by
// themselves (RESOURCE_EXHAUSTED they would not). OTLP asks for a batch again only when nothing of
// it was taken; Loki push and remote write, which may be repeated, when anything was deferred.
// The sink must outlive the router.
void add_otlp_http(net::Router& router, model::Sink& sink);        // POST /v1/{traces,metrics,logs}
void add_otlp_grpc(net::GrpcService& service, model::Sink& sink);  // the three Export methods
void add_loki_push(net::Router& router, model::Sink& sink);        // POST /loki/api/v1/push
void add_remote_write(net::Router& router, model::Sink& sink);     // POST /api/v1/{write,push}

// Joins small batches: passes them on when items_max are held or the oldest is delay_ns old.
struct BatcherOptions {
  size_t items_max = 8'192;
  size_t held_items_max = 131'072;  // beyond it offer() refuses with kLimitExceeded, counted
  int64_t delay_ns = 200 * kMillisecond;
};
// Owns one thread, which calls next.offer(). The destructor passes on what is held.
std::unique_ptr<model::Sink> make_batcher(const BatcherOptions& options, model::Sink& next);

// Offers the same batch to each. Taken is what the first one took; every sink counts for itself.
std::unique_ptr<model::Sink> make_fanout(std::vector<model::Sink*> sinks);

// One line per span on stdout, then on to `next`.
std::unique_ptr<model::Sink> make_span_printer(model::Sink& next);

// OTLP/HTTP protobuf, gzip, out through a queue on disk: the far side may be away as long as the
// queue has room. In order; a batch leaves the queue when the far side has acknowledged it or
// refused it for good (counted). Retries with exponential back-off (0.5 s to 10 s) and jitter,
// honours Retry-After. Offer::durable says when the batch is on disk. By its counters (items):
// in + recovered at start = sent + dropped + held.
struct ExporterOptions {
  std::string traces_url, metrics_url, logs_url;  // empty: that signal is not sent
  net::Headers headers;
  net::ClientOptions client;
  std::filesystem::path queue_folder;     // kept across restarts
  uint64_t queue_bytes_max = 1ULL << 30;  // when full the oldest goes first, counted
};
class Exporter : public model::Sink {
 public:
  static Result<std::unique_ptr<Exporter>> open(const ExporterOptions& options, const Clock& clock);
  // Waits until the queue is empty; false when the timeout came first (what is left stays on disk).
  virtual bool drain(int64_t timeout_ns) = 0;
};

}  // namespace tarsier::pipeline
