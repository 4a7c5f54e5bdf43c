// Exemplars out of OTLP points, under the labels of the series that they belong to.
#pragma once

#include <functional>
#include <map>
#include <vector>

#include "model/batch.h"
#include "store/match.h"
#include "store/reader.h"

namespace tarsier::store {

class ExemplarCollector {
 public:
  ExemplarCollector(const Matchers& matchers, const TimeRange& range, bool suffixes)
      : matchers_(matchers), range_(range), suffixes_(suffixes) {}

  void add(const model::ResourceMetrics& resource);
  // In label order, then time; each once, however often it was exported.
  Status show(const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const;

 private:
  struct Found {
    int64_t time_ms;
    double value;
    model::Labels labels;  // trace_id, span_id and the filtered attributes
    auto operator<=>(const Found&) const = default;
  };
  void add(const model::Labels& series, const model::Exemplar& exemplar);

  const Matchers& matchers_;
  const TimeRange range_;
  const bool suffixes_;
  std::map<model::Labels, std::vector<Found>> found_;
};

}  // namespace tarsier::store
