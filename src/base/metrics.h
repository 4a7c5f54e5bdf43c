// Counters and gauges about tarsier itself. A room registers each once and bumps it inline;
// /metrics prints them all in the Prometheus text format, and every drop has a `reason` label.
//
//   static Counter& dropped = metrics().counter("tarsier_capture_events_dropped_total",
//       "Events lost", {{"reason", "ring_full"}});
//   dropped.add();
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tarsier {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

class Counter {
 public:
  void add(uint64_t n = 1) { value_.fetch_add(n, std::memory_order_relaxed); }
  uint64_t value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<uint64_t> value_{0};
};

class Gauge {
 public:
  void set(double value) { value_.store(value, std::memory_order_relaxed); }
  double value() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<double> value_{0};
};

// All members may be called from any thread. The same name and labels give the same object, which
// lives as long as the registry.
class MetricRegistry {
 public:
  Counter& counter(std::string_view name, std::string_view help, MetricLabels labels = {});
  Gauge& gauge(std::string_view name, std::string_view help, MetricLabels labels = {});
  // A counter or gauge whose value is asked for when printed; `kind` is "counter" or "gauge".
  void callback(std::string_view name, std::string_view help, std::string_view kind,
                MetricLabels labels, std::function<double()> read);

  // Prometheus text exposition format 0.0.4, families sorted by name.
  std::string render() const;

  // The value of one metric, 0 when it does not exist: for tests and status pages.
  double value(std::string_view name, const MetricLabels& labels = {}) const;

 private:
  struct Entry {
    std::string name, help, kind;
    MetricLabels labels;
    Counter counter;
    Gauge gauge;
    std::function<double()> read;
  };
  Entry& entry(std::string_view name, std::string_view help, std::string_view kind,
               MetricLabels&& labels);

  mutable std::mutex mutex_;
  std::deque<Entry> entries_;
};

// The process's registry.
MetricRegistry& metrics();

}  // namespace tarsier
