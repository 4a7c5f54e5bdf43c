// Door of store, the way in. What a Store takes goes to the write-ahead log, is fsync'd by group
// commit, and only then becomes visible: every query that starts once Offer::durable is ready sees
// it, and no query ever sees what a crash could take back.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "model/sink.h"
#include "store/catalog.h"
#include "store/reader.h"

namespace tarsier::store {

struct Options {
  std::filesystem::path folder;
  int64_t retention_ns = 15 * 24 * kHour;         // by age
  uint64_t retention_bytes = 4ULL << 30;          // of all signals together, on disk and in memory
  std::chrono::milliseconds commit_interval{20};  // group commit: at most this long until fsync
  bool fsync = true;
  uint64_t snapshot_log_bytes = 256ULL
                                << 20;  // log written since the last snapshot that starts one
  bool metric_suffixes = true;  // http.server.request.duration -> ..._seconds, Prometheus's default
};

// Any thread. Owns the folder (a lock file refuses a second owner by name and pid).
class Store : public model::Sink {
 public:
  // Replays snapshot and log; what is torn at the end of the log is cut off, counted and logged.
  static Result<std::unique_ptr<Store>> open(const Options& options, const Clock& clock);

  virtual const MetricsReader& metrics() const = 0;
  virtual const EventsReader& events() const = 0;
  virtual Catalog& catalog() = 0;

  // Drops what is past its retention, writes a snapshot and cuts the log when due: every few
  // seconds.
  virtual Status maintain() = 0;
  // Everything taken so far is durable when it returns.
  virtual Status sync() = 0;
};

}  // namespace tarsier::store
