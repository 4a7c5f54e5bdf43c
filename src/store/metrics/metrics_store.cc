#include "store/metrics/metrics_store.h"

#include <algorithm>

#include "base/clock.h"
#include "store/metrics/exemplars.h"
#include "wire/otlp.h"

namespace tarsier::store {
namespace {

struct MillisecondRange {
  int64_t from, to;
};

// The milliseconds that lie in the range.
MillisecondRange milliseconds(const TimeRange& range) {
  int64_t from = range.start_ns / kMillisecond + (range.start_ns % kMillisecond > 0);
  int64_t to = range.end_ns / kMillisecond - (range.end_ns % kMillisecond < 0);
  return {from, to};
}

template <typename Visit>
void each_point(const model::Metric& metric, Visit visit) {
  std::visit(
      [&](const auto& data) {
        if constexpr (!std::is_same_v<std::decay_t<decltype(data)>, std::monostate>) {
          for (const auto& point : data.points) visit(point);
        }
      },
      metric.data);
}

Result<std::vector<model::ResourceMetrics>> load(const Block& block) {
  std::string storage;
  TRY(std::string_view raw, unpack(block, storage));
  TRY(auto batch, wire::decode_otlp(wire::Signal::kMetrics, wire::Encoding::kProtobuf, raw));
  return std::move(batch.metrics);
}

Summary summarize(const std::vector<model::ResourceMetrics>& metrics) {
  Summary summary;
  for (const auto& resource : metrics) {
    for (const auto& scope : resource.scopes) {
      for (const model::Metric& metric : scope.records) {
        each_point(metric, [&](const auto& point) {
          summary.items++;
          summary.cover(point.time_ns, point.time_ns);
          if constexpr (requires { point.exemplars; }) {
            summary.exemplars |= !point.exemplars.empty();
          }
        });
      }
    }
  }
  return summary;
}

bool has_sample(const SeriesCut& cut, MillisecondRange range, std::vector<model::Sample>& buffer) {
  if (!cut.late.empty()) return true;
  for (const Chunk& chunk : cut.chunks) {  // its first and last are samples
    if (chunk.min_ms >= range.from || chunk.max_ms <= range.to) return true;
  }
  return decode(cut, range.from, range.to, buffer) && !buffer.empty();
}

}  // namespace

void MetricsStore::apply(const model::Batch& batch, Section&& points) {
  if (!points.empty()) points_.add(std::move(points), summarize(batch.metrics));
  std::unique_lock lock(mutex_);
  for (const model::ResourceMetrics& resource : batch.metrics) ingest_.add(resource);
  for (const model::SeriesSamples& series : batch.series) ingest_.add(series);
}

std::vector<std::shared_ptr<Series>> MetricsStore::matching(const Matchers& matchers) const {
  std::vector<std::shared_ptr<Series>> out;
  {
    std::shared_lock lock(mutex_);
    for (SeriesId id : index_.select(matchers)) out.push_back(index_.shared(id));
  }
  std::sort(out.begin(), out.end(),
            [](const auto& a, const auto& b) { return a->labels() < b->labels(); });
  return out;
}

Status MetricsStore::select(const MetricsSelect& select,
                            const std::function<Status(const SeriesView&)>& visit) const {
  TRY(Matchers matchers, compile(select.matchers));
  std::vector<std::shared_ptr<Series>> all = matching(matchers);
  MillisecondRange range = milliseconds(select.range);
  std::vector<SeriesCut> cuts;
  std::vector<model::Sample> samples;
  size_t shown = 0;
  for (size_t first = 0; first < all.size(); first += kSeriesPerCut) {
    size_t last = std::min(all.size(), first + kSeriesPerCut);
    cuts.clear();
    {
      std::shared_lock lock(mutex_);
      for (size_t i = first; i < last; i++) cuts.push_back(all[i]->cut(range.from, range.to));
    }
    for (size_t i = first; i < last; i++) {
      TRY_STATUS(decode(cuts[i - first], range.from, range.to, samples));
      if (samples.empty()) continue;
      TRY_STATUS(visit({all[i]->labels(), samples}));
      if (++shown == select.limit) return {};
    }
  }
  return {};
}

Result<std::vector<std::shared_ptr<const Series>>> MetricsStore::series(
    const MetricsSelect& select) const {
  TRY(Matchers matchers, compile(select.matchers));
  MillisecondRange range = milliseconds(select.range);
  std::vector<std::shared_ptr<const Series>> out;
  std::vector<model::Sample> buffer;
  for (auto& series : matching(matchers)) {
    SeriesCut cut;
    {
      std::shared_lock lock(mutex_);
      cut = series->cut(range.from, range.to);
    }
    if (!has_sample(cut, range, buffer)) continue;
    out.push_back(std::move(series));
    if (out.size() == select.limit) break;
  }
  return out;
}

Result<std::vector<std::string>> MetricsStore::label_names(const MetricsSelect& select) const {
  TRY(auto found, series(select));
  std::vector<std::string> out;
  for (const auto& one : found) {
    for (const model::Label& label : one->labels()) out.push_back(label.name);
    if (out.size() > 100'000) {  // few names, many series: keep the list short
      std::sort(out.begin(), out.end());
      out.erase(std::unique(out.begin(), out.end()), out.end());
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Result<std::vector<std::string>> MetricsStore::label_values(const MetricsSelect& select,
                                                            std::string_view name) const {
  TRY(auto found, series(select));
  std::vector<std::string> out;
  for (const auto& one : found) {
    std::string_view value = model::get(one->labels(), name);
    if (!value.empty()) out.emplace_back(value);
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

std::vector<MetricMetadata> MetricsStore::metadata() const {
  std::vector<MetricMetadata> out;
  {
    std::shared_lock lock(mutex_);
    for (const auto& [name, metadata] : ingest_.metadata()) out.push_back(metadata);
  }
  std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return out;
}

Status MetricsStore::exemplars(
    const MetricsSelect& select,
    const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const {
  TRY(Matchers matchers, compile(select.matchers));
  ExemplarCollector collector(matchers, select.range, options_.suffixes);
  // An exemplar is older than its point, by an export interval or two.
  TimeRange wide = select.range;
  if (wide.end_ns < INT64_MAX - kHour) wide.end_ns += kHour;
  for (const auto& source : points_.sources(
           [&](const Summary& summary) { return summary.exemplars && summary.touches(wide); })) {
    TRY(auto metrics, load(*source));
    for (const model::ResourceMetrics& resource : metrics) collector.add(resource);
  }
  return collector.show(visit);
}

Status MetricsStore::export_otlp(const TimeRange& range,
                                 const std::function<Status(model::Batch&&)>& visit) const {
  for (const auto& source : points_.sources([&](const Summary& s) { return s.touches(range); })) {
    model::Batch batch;
    TRY(batch.metrics, load(*source));
    for (auto& resource : batch.metrics) {
      for (auto& scope : resource.scopes) {
        for (model::Metric& metric : scope.records) {
          std::visit(
              [&](auto& data) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(data)>, std::monostate>) {
                  std::erase_if(data.points, [&](const auto& point) {
                    return point.time_ns < range.start_ns || point.time_ns > range.end_ns;
                  });
                }
              },
              metric.data);
        }
        std::erase_if(scope.records, [](const auto& metric) { return metric.points() == 0; });
      }
    }
    TRY_STATUS(visit(std::move(batch)));
  }
  return {};
}

}  // namespace tarsier::store
