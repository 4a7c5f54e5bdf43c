// OTLP data points to Prometheus samples. A point that was seen before finds its series by one
// hash of its bytes, without building a label.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <string>
#include <unordered_map>
#include <vector>

#include "model/batch.h"
#include "store/metrics/index.h"
#include "store/metrics/names.h"

namespace tarsier::store {

struct IngestOptions {
  bool suffixes = true;
  size_t series_max = 5'000'000;  // per tenant; samples of further series are dropped, counted
  size_t metadata_max = 100'000;  // metric names
  size_t points_max = 2'000'000;  // remembered points; beyond, all are forgotten and found again
};

// One thread at a time.
class Ingest {
 public:
  Ingest(SeriesIndex& index, const IngestOptions& options) : index_(index), options_(options) {}

  void add(const model::ResourceMetrics& resource);
  void add(const model::SeriesSamples& series);
  void forget_points() { points_.clear(); }  // series ids have changed

  std::unordered_map<std::string, MetricMetadata>& metadata() { return metadata_; }
  const std::unordered_map<std::string, MetricMetadata>& metadata() const { return metadata_; }

 private:
  // What the points of one metric have in common.
  struct Family {
    const model::Labels* resource;
    std::string name;  // Prometheus's
    bool delta = false;
  };
  // The series of one point: its own, or count, sum, then one a bucket (or quantile).
  struct Point {
    std::vector<SeriesId> series;
    std::vector<double> bounds;  // of exponential histograms, ascending
  };
  struct Key {
    uint64_t a, b;
    bool operator==(const Key&) const = default;
  };
  struct KeyHash {
    using is_avalanching = void;
    size_t operator()(const Key& key) const { return key.a; }
  };

  void add(const model::Metric& metric, const model::Labels& resource, std::string_view key);
  void number(const Family& family, const model::NumberPoint& point);
  void histogram(const Family& family, const model::HistogramPoint& point);
  void exponential(const Family& family, const model::ExponentialHistogramPoint& point);
  void summary(const Family& family, const model::SummaryPoint& point);
  void stale_histogram(const Family& family, const model::Point& point);
  void target_info(const model::Resource& resource, std::string_view key, int64_t time_ms);

  // The remembered point of key_, made by `make` when it is new.
  template <typename Make>
  Point& point_of(const Make& make);
  void key_attributes(const model::Attributes& attributes);

  model::Labels base_labels(const Family& family, const model::Attributes& attributes) const;
  SeriesId series_of(const model::Labels& base, const std::string& name,
                     const char* label = nullptr, std::string value = {});
  // Bucket series of this base that exist already: (bound, id), ascending.
  std::vector<std::pair<double, SeriesId>> known_buckets(const model::Labels& base,
                                                         const std::string& name) const;
  void describe(const model::Metric& metric, const std::string& name, const char* type);

  void append(SeriesId id, int64_t time_ms, double value);
  void append(const Family& family, SeriesId id, int64_t time_ms, double value);  // adds deltas up

  SeriesIndex& index_;
  const IngestOptions options_;
  boost::unordered_flat_map<Key, Point, KeyHash> points_;
  std::unordered_map<std::string, MetricMetadata> metadata_;
  std::string key_;  // bytes that identify the point at hand
};

}  // namespace tarsier::store
