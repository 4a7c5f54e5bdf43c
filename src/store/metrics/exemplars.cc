#include "store/metrics/exemplars.h"

#include <algorithm>

#include "base/clock.h"
#include "store/metrics/exponential.h"
#include "store/metrics/names.h"

namespace tarsier::store {
namespace {

using model::Labels;

Labels series_labels(const Labels& resource, const model::Attributes& attributes, std::string name,
                     std::string le = {}) {
  Labels labels = {{std::string(model::kMetricName), std::move(name)}, {"le", std::move(le)}};
  for (const model::Label& label : resource) {
    if (label.name == "job" || label.name == "instance") labels.push_back(label);
  }
  append_labels(labels, attributes);
  labels.insert(labels.end(), resource.begin(), resource.end());
  model::normalise(labels);
  return labels;
}

// The bucket that a value falls into.
std::string bucket(const std::vector<double>& bounds, double value) {
  auto it = std::lower_bound(bounds.begin(), bounds.end(), value);
  return it == bounds.end() ? "+Inf" : bound_label(*it);
}

}  // namespace

void ExemplarCollector::add(const Labels& series, const model::Exemplar& exemplar) {
  if (exemplar.time_ns < range_.start_ns || exemplar.time_ns > range_.end_ns) return;
  Labels labels;
  append_labels(labels, exemplar.filtered_attributes);
  if (exemplar.trace_id) labels.push_back({"trace_id", exemplar.trace_id.hex()});
  if (exemplar.span_id) labels.push_back({"span_id", exemplar.span_id.hex()});
  model::normalise(labels);
  found_[series].push_back(
      {exemplar.time_ns / kMillisecond, exemplar.value.as_double(), std::move(labels)});
}

void ExemplarCollector::add(const model::ResourceMetrics& resource) {
  Labels base = resource_labels(resource.resource);
  auto numbers = [&](const model::Metric& metric, const auto& data, MetricKind kind) {
    for (const model::NumberPoint& point : data.points) {
      if (point.exemplars.empty()) continue;
      Labels series = series_labels(base, point.attributes,
                                    prometheus_name(metric.name, metric.unit, kind, suffixes_));
      if (!matches(matchers_, series)) continue;
      for (const model::Exemplar& exemplar : point.exemplars) add(series, exemplar);
    }
  };
  auto histograms = [&](const model::Metric& metric, const auto& data, const auto& bounds_of) {
    std::string name =
        prometheus_name(metric.name, metric.unit, MetricKind::kHistogram, suffixes_) + "_bucket";
    for (const auto& point : data.points) {
      if (point.exemplars.empty()) continue;
      const auto bounds = bounds_of(point);
      for (const model::Exemplar& exemplar : point.exemplars) {
        Labels series =
            series_labels(base, point.attributes, name, bucket(bounds, exemplar.value.as_double()));
        if (matches(matchers_, series)) add(series, exemplar);
      }
    }
  };
  for (const auto& scope : resource.scopes) {
    for (const model::Metric& metric : scope.records) {
      if (const auto* gauge = std::get_if<model::GaugeData>(&metric.data)) {
        numbers(metric, *gauge, MetricKind::kGauge);
      } else if (const auto* sum = std::get_if<model::SumData>(&metric.data)) {
        numbers(metric, *sum, sum->monotonic ? MetricKind::kCounter : MetricKind::kUpDownCounter);
      } else if (const auto* histogram = std::get_if<model::HistogramData>(&metric.data)) {
        histograms(metric, *histogram, [](const auto& point) { return point.bounds; });
      } else if (const auto* expo = std::get_if<model::ExponentialHistogramData>(&metric.data)) {
        histograms(metric, *expo, [](const auto& point) { return derive_buckets(point).bounds; });
      }
    }
  }
}

Status ExemplarCollector::show(
    const std::function<Status(const Labels&, const ExemplarView&)>& visit) const {
  for (const auto& [series, unsorted] : found_) {
    std::vector<Found> list = unsorted;
    std::sort(list.begin(), list.end(), [](const Found& a, const Found& b) { return a < b; });
    list.erase(std::unique(list.begin(), list.end()), list.end());
    for (const Found& f : list) TRY_STATUS(visit(series, {f.time_ms, f.value, &f.labels}));
  }
  return {};
}

}  // namespace tarsier::store
