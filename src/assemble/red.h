// RED metrics: rate, errors and duration of requests, and their body sizes, as cumulative
// histograms by service, route, method and status; of RPCs and calls to databases the duration
// alone.
#pragma once

#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "assemble/checkpoint.h"
#include "assemble/exchange.h"
#include "model/batch.h"

namespace tarsier::assemble {

inline constexpr std::array<double, 15> kDurationBounds = {0,  .005, .01, .025, .05, .075, .1, .25,
                                                           .5, .75,  1,   2.5,  5,   7.5,  10};
inline constexpr std::array<double, 10> kSizeBounds = {0,   32,   64,   128,  256,
                                                       512, 1024, 2048, 4096, 8192};

// Bucket counts of one explicit-bucket histogram; bounds are upper and inclusive.
template <size_t N>
struct Buckets {
  std::array<uint64_t, N + 1> counts{};
  double sum = 0;

  void add(const std::array<double, N>& bounds, double value) {
    size_t i = 0;
    while (i < N && value > bounds[i]) i++;
    counts[i]++;
    sum += value;
  }
  void merge(const Buckets& other) {
    for (size_t i = 0; i <= N; i++) counts[i] += other.counts[i];
    sum += other.sum;
  }
};

class RedMetrics {
 public:
  explicit RedMetrics(int64_t interval_ns) : interval_ns_(interval_ns) {}

  void add(const Exchange& exchange, std::string_view route);

  // What changed since the last time, and what was not sent for long. A series that is new gets a
  // zero one interval earlier, into `zeros`: rate() and increase() see changes between samples
  // only, so they would miss everything before a series' first one.
  void emit(int64_t now_ns, model::Batch& zeros, model::Batch& out);

  // For a successor: its series wait until their process is heard of, and then go on.
  void save(std::string& state) const;
  size_t restore(StateReader& state, int64_t now_ns);  // returns the number of series
  void adopt(ProcessEntry& process);

 private:
  struct Key {
    ProcessEntry* process;
    Side side;
    System system;
    uint16_t port;
    int status;
    std::string_view method;  // of a database: the operation; of an RPC: its full name
    std::string_view route;   // of a database: the error
    std::string_view address;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    using is_avalanching = void;
    uint64_t operator()(const Key& key) const;
  };
  struct Totals {
    bool changed = false;
    int64_t start_ns = 0;  // 0: never sent
    int64_t sent_ns = 0;
    int64_t changed_ns = 0;
    Buckets<kDurationBounds.size()> duration;
    Buckets<kSizeBounds.size()> request_body, response_body;

    void merge(const Totals& other);
  };
  struct Series : Totals {
    Key key;  // its views point into `text`
    std::string text;
    ProcessPtr process;
  };
  static void save(const Series& series, std::string& state);
  static std::unique_ptr<Series> make(const Key& key);
  Series& series(const Key& key);
  std::vector<const Series*> due(int64_t now_ns, std::vector<const Series*>& fresh);
  void expire(int64_t now_ns);

  int64_t interval_ns_;
  int64_t last_ns_ = 0;
  boost::unordered_flat_map<Key, std::unique_ptr<Series>, KeyHash> series_;
  std::vector<std::unique_ptr<Series>> waiting_;  // restored, for a process not heard of yet
  int64_t waiting_until_ns_ = 0;
};

}  // namespace tarsier::assemble
