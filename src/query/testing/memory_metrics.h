// A MetricsReader over series in memory: what PromQL's tests read.
#pragma once

#include <re2/re2.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "store/reader.h"

namespace tarsier::query::testing {

class MemoryMetrics : public store::MetricsReader {
 public:
  void add(model::Labels labels, int64_t time_ms, double value) {
    model::normalise(labels);
    series_[std::move(labels)].push_back({time_ms, value});
  }
  // In order of time, one a millisecond: the later one counts.
  void sort() {
    for (auto& [labels, samples] : series_) {
      std::ranges::stable_sort(samples, {}, &model::Sample::time_ms);
      const auto same = [](const model::Sample& a, const model::Sample& b) {
        return a.time_ms == b.time_ms;
      };
      std::ranges::reverse(samples);
      samples.erase(std::unique(samples.begin(), samples.end(), same), samples.end());
      std::ranges::reverse(samples);
    }
  }
  void clear() { series_.clear(); }
  size_t size() const { return series_.size(); }

  Status select(const store::MetricsSelect& select,
                const std::function<Status(const store::SeriesView&)>& visit) const override {
    for (const auto& [labels, samples] : series_) {
      if (!matches(select.matchers, labels)) continue;
      const auto in_range = within(samples, select.range);
      if (!in_range.empty()) TRY_STATUS(visit({labels, in_range}));
    }
    return {};
  }
  Status series(const store::MetricsSelect& select,
                const std::function<Status(const model::Labels&)>& visit) const override {
    return this->select(select, [&](const store::SeriesView& s) { return visit(s.labels); });
  }
  Result<std::vector<std::string>> label_names(const store::MetricsSelect& select) const override {
    std::vector<std::string> out;
    TRY_STATUS(series(select, [&](const model::Labels& labels) {
      for (const model::Label& label : labels) out.push_back(label.name);
      return Status();
    }));
    return unique(std::move(out));
  }
  Result<std::vector<std::string>> label_values(const store::MetricsSelect& select,
                                                std::string_view name) const override {
    std::vector<std::string> out;
    TRY_STATUS(series(select, [&](const model::Labels& labels) {
      if (const auto value = model::get(labels, name); !value.empty()) out.emplace_back(value);
      return Status();
    }));
    return unique(std::move(out));
  }
  Result<std::vector<store::MetricMetadata>> metadata(const std::string&) const override {
    return std::vector<store::MetricMetadata>();
  }
  Status exemplars(const store::MetricsSelect&,
                   const std::function<Status(const model::Labels&, const store::ExemplarView&)>&)
      const override {
    return {};
  }
  Status export_otlp(const std::string&, const store::TimeRange&,
                     const std::function<Status(model::Batch&&)>&) const override {
    return {};
  }

 private:
  static std::vector<std::string> unique(std::vector<std::string> texts) {
    std::ranges::sort(texts);
    texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
    return texts;
  }
  static bool matches(const std::vector<store::Matcher>& matchers, const model::Labels& labels) {
    return std::ranges::all_of(matchers, [&](const store::Matcher& matcher) {
      const std::string value(model::get(labels, matcher.name));
      switch (matcher.kind) {
        case store::MatchKind::kEqual:
          return value == matcher.value;
        case store::MatchKind::kNotEqual:
          return value != matcher.value;
        case store::MatchKind::kRegex:
          return RE2::FullMatch(value, matcher.value);
        default:
          return !RE2::FullMatch(value, matcher.value);
      }
    });
  }
  static std::span<const model::Sample> within(const std::vector<model::Sample>& samples,
                                               const store::TimeRange& range) {
    const auto before = [](const model::Sample& sample, int64_t ns) {
      return static_cast<__int128>(sample.time_ms) * 1'000'000 < ns;
    };
    const auto after = [](int64_t ns, const model::Sample& sample) {
      return ns < static_cast<__int128>(sample.time_ms) * 1'000'000;
    };
    const auto begin = std::lower_bound(samples.begin(), samples.end(), range.start_ns, before);
    const auto end = std::upper_bound(samples.begin(), samples.end(), range.end_ns, after);
    return begin < end ? std::span<const model::Sample>(begin, end)
                       : std::span<const model::Sample>();
  }

  std::map<model::Labels, std::vector<model::Sample>> series_;
};

}  // namespace tarsier::query::testing
