// The metrics of one tenant: series for queries, and the OTLP points as they came.
#pragma once

#include <functional>
#include <memory>
#include <shared_mutex>
#include <vector>

#include "store/events/blocks.h"
#include "store/metrics/ingest.h"
#include "store/reader.h"

namespace tarsier::store {

// One writer, any number of readers: a reader holds the lock only while it copies compressed
// bytes, kSeriesPerCut series at a time.
class MetricsStore {
 public:
  explicit MetricsStore(const IngestOptions& options)
      : options_(options), ingest_(index_, options) {}

  // `points`: the batch's metrics as OTLP bytes. They are kept as they came, for exports and for
  // their exemplars.
  void apply(const model::Batch& batch, Section&& points);

  Status select(const MetricsSelect& select,
                const std::function<Status(const SeriesView&)>& visit) const;
  // Sorted by labels; those that have a sample in the range.
  Result<std::vector<std::shared_ptr<const Series>>> series(const MetricsSelect& select) const;
  Result<std::vector<std::string>> label_names(const MetricsSelect& select) const;
  Result<std::vector<std::string>> label_values(const MetricsSelect& select,
                                                std::string_view name) const;
  std::vector<MetricMetadata> metadata() const;
  Status exemplars(
      const MetricsSelect& select,
      const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const;
  Status export_otlp(const TimeRange& range,
                     const std::function<Status(model::Batch&&)>& visit) const;

  Blocks& points() { return points_; }
  const Blocks& points() const { return points_; }

  // For snapshots and retention; `work` runs with the lock held for writing.
  template <typename Work>
  auto locked(const Work& work) {
    std::unique_lock lock(mutex_);
    return work(index_, ingest_);
  }
  template <typename Work>
  auto locked_shared(const Work& work) const {
    std::shared_lock lock(mutex_);
    return work(index_);
  }

 private:
  static constexpr size_t kSeriesPerCut = 1024;

  std::vector<std::shared_ptr<Series>> matching(const Matchers& matchers) const;

  const IngestOptions options_;
  mutable std::shared_mutex mutex_;  // of index_, the series in it, and ingest_
  SeriesIndex index_;
  Ingest ingest_;
  Blocks points_;
};

}  // namespace tarsier::store
