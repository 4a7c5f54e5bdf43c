#include "store/metrics/ingest.h"

#include <algorithm>
#include <charconv>
#include <cmath>

#include "base/clock.h"
#include "base/hash.h"
#include "base/metrics.h"
#include "store/metrics/exponential.h"
#include "store/wal/bytes.h"

namespace tarsier::store {
namespace {

using model::Labels;

int64_t to_ms(int64_t time_ns) {
  return time_ns / kMillisecond - (time_ns % kMillisecond < 0 ? 1 : 0);
}

Counter& dropped(const char* reason) {
  return metrics().counter("tarsier_store_samples_dropped_total",
                           "Samples of taken batches that no query can see", {{"reason", reason}});
}

bool stale(const model::Point& point) {
  return (point.flags & model::kNoRecordedValue) != 0;
}

// Whoever calls it knows that equal bytes mean equal labels, nothing more.
void put_value(std::string& out, const model::Value& value) {
  if (const auto* text = std::get_if<std::string>(&value.data)) {
    put_bytes(out, *text);
  } else {
    put_bytes(out, model::to_string(value));
  }
}

void put_attributes(std::string& out, const model::Attributes& attributes) {
  for (const model::KeyValue& kv : attributes) {
    put_bytes(out, kv.key);
    put_value(out, kv.value);
  }
}

void put_doubles(std::string& out, const std::vector<double>& values) {
  out.append(reinterpret_cast<const char*>(values.data()), values.size() * sizeof(double));
}

MetricKind kind_of(const model::Metric& metric) {
  if (const auto* sum = std::get_if<model::SumData>(&metric.data)) {
    return sum->monotonic ? MetricKind::kCounter : MetricKind::kUpDownCounter;
  }
  if (std::holds_alternative<model::GaugeData>(metric.data)) return MetricKind::kGauge;
  if (std::holds_alternative<model::SummaryData>(metric.data)) return MetricKind::kSummary;
  return MetricKind::kHistogram;
}

const char* type_name(MetricKind kind) {
  switch (kind) {
    case MetricKind::kGauge:
    case MetricKind::kUpDownCounter:
      return "gauge";
    case MetricKind::kCounter:
      return "counter";
    case MetricKind::kHistogram:
      return "histogram";
    case MetricKind::kSummary:
      return "summary";
  }
  return "unknown";
}

int64_t newest_ms(const model::Metric& metric) {
  return std::visit(
      [](const auto& data) {
        int64_t newest = INT64_MIN;
        if constexpr (!std::is_same_v<std::decay_t<decltype(data)>, std::monostate>) {
          for (const auto& point : data.points) newest = std::max(newest, to_ms(point.time_ns));
        }
        return newest;
      },
      metric.data);
}

}  // namespace

void Ingest::append(SeriesId id, int64_t time_ms, double value) {
  if (id == kNoSeries) {
    static Counter& counter = dropped("series_limit");
    counter.add();
    return;
  }
  if (index_.at(id).append(time_ms, value) == Series::Appended::kDuplicate) {
    static Counter& counter = dropped("duplicate");
    counter.add();
  }
}

void Ingest::append(const Family& family, SeriesId id, int64_t time_ms, double value) {
  if (family.delta && id != kNoSeries && !model::is_stale(value)) {
    Series& series = index_.at(id);
    if (series.any()) {
      if (time_ms <= series.last_ms()) {
        static Counter& counter = dropped("delta_out_of_order");
        counter.add();
        return;
      }
      double last = series.last_value();
      if (!model::is_stale(last)) value += last;
    }
  }
  append(id, time_ms, value);
}

SeriesId Ingest::series_of(const Labels& base, const std::string& name, const char* label,
                           std::string value) {
  Labels labels = base;
  labels.insert(labels.begin(), {std::string(model::kMetricName), name});
  if (label) labels.insert(labels.begin(), {label, std::move(value)});
  model::normalise(labels);
  SeriesId id = index_.find(labels);
  if (id == kNoSeries && index_.size() < options_.series_max) id = index_.find_or_add(labels);
  return id;
}

// The point's own attributes come before what the resource says of the service, but for job and
// instance, which always name the sender.
Labels Ingest::base_labels(const Family& family, const model::Attributes& attributes) const {
  Labels labels;
  for (const model::Label& label : *family.resource) {
    if (label.name == "job" || label.name == "instance") labels.push_back(label);
  }
  append_labels(labels, attributes);
  labels.insert(labels.end(), family.resource->begin(), family.resource->end());
  model::normalise(labels);
  return labels;
}

void Ingest::key_attributes(const model::Attributes& attributes) {
  put_attributes(key_, attributes);
}

template <typename Make>
Ingest::Point& Ingest::point_of(const Make& make) {
  Key key{hash64(key_, 1), hash64(key_, 2)};
  auto it = points_.find(key);
  if (it != points_.end()) return it->second;
  if (points_.size() >= options_.points_max) points_.clear();
  return points_.emplace(key, make()).first->second;
}

void Ingest::describe(const model::Metric& metric, const std::string& name, const char* type) {
  auto it = metadata_.find(name);
  if (it == metadata_.end() && metadata_.size() >= options_.metadata_max) return;
  metadata_[name] = {name, type, metric.description, prometheus_unit(metric.unit)};
}

void Ingest::add(const model::SeriesSamples& series) {
  bool sorted =
      std::is_sorted(series.labels.begin(), series.labels.end(),
                     [](const model::Label& a, const model::Label& b) { return a.name < b.name; });
  bool clean = std::none_of(series.labels.begin(), series.labels.end(),
                            [](const model::Label& l) { return l.value.empty(); });
  SeriesId id;
  if (sorted && clean) {
    id = index_.find(series.labels);
    if (id == kNoSeries && index_.size() < options_.series_max) {
      id = index_.find_or_add(series.labels);
    }
  } else {
    id = series_of(series.labels, std::string(model::get(series.labels, model::kMetricName)));
  }
  for (const model::Sample& sample : series.samples) append(id, sample.time_ms, sample.value);
}

void Ingest::add(const model::ResourceMetrics& resource) {
  Labels labels = resource_labels(resource.resource);
  std::string key;
  put_attributes(key, resource.resource.attributes);
  std::string resource_key;
  put(resource_key, hash64(key, 3));
  put(resource_key, hash64(key, 4));
  int64_t newest = INT64_MIN;
  for (const auto& scope : resource.scopes) {
    for (const model::Metric& metric : scope.records) {
      add(metric, labels, resource_key);
      newest = std::max(newest, newest_ms(metric));
    }
  }
  if (newest != INT64_MIN) target_info(resource.resource, resource_key, newest);
}

void Ingest::target_info(const model::Resource& resource, std::string_view key, int64_t time_ms) {
  key_ = "target_info";
  key_ += key;
  Point& point = point_of([&]() -> Point {
    Labels labels = target_info_labels(resource);
    if (labels.empty()) return {};
    return {{series_of(labels, "target_info")}, {}};
  });
  for (SeriesId id : point.series) append(id, time_ms, 1);
}

void Ingest::add(const model::Metric& metric, const Labels& resource, std::string_view key) {
  MetricKind kind = kind_of(metric);
  Family family{&resource, prometheus_name(metric.name, metric.unit, kind, options_.suffixes)};
  if (family.name.empty()) {
    static Counter& counter = dropped("no_name");
    counter.add(metric.points());
    return;
  }
  describe(metric, family.name, type_name(kind));
  std::string prefix(key);
  put(prefix, static_cast<uint8_t>(metric.data.index()));
  put_bytes(prefix, family.name);
  auto each = [&](const auto& points, auto add_point) {
    for (const auto& point : points) {
      key_ = prefix;
      key_attributes(point.attributes);
      (this->*add_point)(family, point);
    }
  };
  using model::Temporality;
  if (const auto* gauge = std::get_if<model::GaugeData>(&metric.data)) {
    each(gauge->points, &Ingest::number);
  } else if (const auto* sum = std::get_if<model::SumData>(&metric.data)) {
    family.delta = sum->temporality == Temporality::kDelta;
    each(sum->points, &Ingest::number);
  } else if (const auto* histo = std::get_if<model::HistogramData>(&metric.data)) {
    family.delta = histo->temporality == Temporality::kDelta;
    each(histo->points, &Ingest::histogram);
  } else if (const auto* expo = std::get_if<model::ExponentialHistogramData>(&metric.data)) {
    family.delta = expo->temporality == Temporality::kDelta;
    each(expo->points, &Ingest::exponential);
  } else if (const auto* quantiles = std::get_if<model::SummaryData>(&metric.data)) {
    each(quantiles->points, &Ingest::summary);
  }
}

void Ingest::number(const Family& family, const model::NumberPoint& point) {
  if (std::holds_alternative<std::monostate>(point.value.data) && !stale(point)) {
    static Counter& counter = dropped("no_value");
    counter.add();
    return;
  }
  Point& known = point_of([&]() -> Point {
    return {{series_of(base_labels(family, point.attributes), family.name)}, {}};
  });
  double value = stale(point) ? model::stale_marker() : point.value.as_double();
  append(family, known.series[0], to_ms(point.time_ns), value);
}

void Ingest::histogram(const Family& family, const model::HistogramPoint& point) {
  if (stale(point)) return stale_histogram(family, point);
  size_t buckets = point.bucket_counts.size();
  if (buckets > 0 && buckets != point.bounds.size() + 1) {
    static Counter& counter = dropped("bucket_count");
    counter.add();
    return;
  }
  put_doubles(key_, point.bounds);
  Point& known = point_of([&]() -> Point {
    Labels base = base_labels(family, point.attributes);
    Point made{{series_of(base, family.name + "_count"), kNoSeries}, {}};
    for (double bound : point.bounds) {
      made.series.push_back(series_of(base, family.name + "_bucket", "le", bound_label(bound)));
    }
    made.series.push_back(series_of(base, family.name + "_bucket", "le", "+Inf"));
    return made;
  });
  int64_t time_ms = to_ms(point.time_ns);
  if (point.sum) {
    if (known.series[1] == kNoSeries) {
      known.series[1] = series_of(base_labels(family, point.attributes), family.name + "_sum");
    }
    append(family, known.series[1], time_ms, *point.sum);
  }
  append(family, known.series[0], time_ms, static_cast<double>(point.count));
  uint64_t total = 0;
  for (size_t i = 0; i < point.bounds.size() && i < buckets; i++) {
    total += point.bucket_counts[i];
    if (std::isinf(point.bounds[i])) continue;  // the last one below says it
    append(family, known.series[2 + i], time_ms, static_cast<double>(total));
  }
  append(family, known.series.back(), time_ms, static_cast<double>(point.count));
}

std::vector<std::pair<double, SeriesId>> Ingest::known_buckets(const Labels& base,
                                                               const std::string& name) const {
  std::vector<Matcher> wanted = {{MatchKind::kEqual, std::string(model::kMetricName), name},
                                 {MatchKind::kNotEqual, "le", ""}};
  for (const model::Label& label : base) {
    if (label.name != "le") wanted.push_back({MatchKind::kEqual, label.name, label.value});
  }
  std::vector<std::pair<double, SeriesId>> out;
  auto matchers = compile(wanted);
  if (!matchers) return out;
  for (SeriesId id : index_.select(*matchers)) {
    const Labels& labels = index_.shared(id)->labels();
    if (labels.size() != base.size() + 2) continue;
    std::string_view le = model::get(labels, "le");
    double bound = INFINITY;
    std::from_chars(le.data(), le.data() + le.size(), bound);
    out.emplace_back(le == "+Inf" ? INFINITY : bound, id);
  }
  std::sort(out.begin(), out.end());
  return out;
}

void Ingest::stale_histogram(const Family& family, const model::Point& point) {
  Labels base = base_labels(family, point.attributes);
  std::vector<SeriesId> ids = {series_of(base, family.name + "_count"),
                               series_of(base, family.name + "_sum")};
  for (auto& [bound, id] : known_buckets(base, family.name + "_bucket")) ids.push_back(id);
  for (SeriesId id : ids) append(id, to_ms(point.time_ns), model::stale_marker());
}

// Each bucket series that was ever made is continued, so that no quantile is computed from some of
// them: the counts at a bound outside of this point's buckets are known.
void Ingest::exponential(const Family& family, const model::ExponentialHistogramPoint& point) {
  if (stale(point)) return stale_histogram(family, point);
  std::string bucket = family.name + "_bucket";
  Point& known = point_of([&]() -> Point {
    Labels base = base_labels(family, point.attributes);
    Point made{{series_of(base, family.name + "_count"), series_of(base, family.name + "_sum"),
                series_of(base, bucket, "le", "+Inf")},
               {}};
    for (auto& [bound, id] : known_buckets(base, bucket)) {
      if (std::isinf(bound)) continue;
      made.bounds.push_back(bound);
      made.series.push_back(id);
    }
    return made;
  });
  DerivedBuckets derived = derive_buckets(point);
  for (double bound : derived.bounds) {
    auto it = std::lower_bound(known.bounds.begin(), known.bounds.end(), bound);
    if (it != known.bounds.end() && *it == bound) continue;
    SeriesId id =
        series_of(base_labels(family, point.attributes), bucket, "le", bound_label(bound));
    known.series.insert(known.series.begin() + 3 + (it - known.bounds.begin()), id);
    known.bounds.insert(it, bound);
  }
  int64_t time_ms = to_ms(point.time_ns);
  append(family, known.series[0], time_ms, static_cast<double>(point.count));
  if (point.sum) append(family, known.series[1], time_ms, *point.sum);
  append(family, known.series[2], time_ms, static_cast<double>(point.count));
  for (size_t i = 0; i < known.bounds.size(); i++) {
    append(family, known.series[3 + i], time_ms, static_cast<double>(derived.at(known.bounds[i])));
  }
}

void Ingest::summary(const Family& family, const model::SummaryPoint& point) {
  for (const auto& quantile : point.quantiles) put_doubles(key_, {quantile.quantile});
  Point& known = point_of([&]() -> Point {
    Labels base = base_labels(family, point.attributes);
    Point made{{series_of(base, family.name + "_count"), series_of(base, family.name + "_sum")},
               {}};
    for (const auto& quantile : point.quantiles) {
      made.series.push_back(
          series_of(base, family.name, "quantile", bound_label(quantile.quantile)));
    }
    return made;
  });
  int64_t time_ms = to_ms(point.time_ns);
  auto value = [&](double v) { return stale(point) ? model::stale_marker() : v; };
  append(known.series[0], time_ms, value(static_cast<double>(point.count)));
  append(known.series[1], time_ms, value(point.sum));
  for (size_t i = 0; i < point.quantiles.size(); i++) {
    append(known.series[2 + i], time_ms, value(point.quantiles[i].value));
  }
}

}  // namespace tarsier::store
