#include "store/admit.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/clock.h"
#include "store/events/log_labels.h"

namespace tarsier::store {
namespace {

enum Reason { kGood, kTooOld, kInFuture, kNoId, kNoName, kReasons };

class Judge {
 public:
  explicit Judge(const AdmitLimits& limits) : limits_(limits) {}

  Reason time(int64_t newest_ns, int64_t oldest_ns) const {
    if (newest_ns < limits_.oldest_ns) return kTooOld;
    return oldest_ns > limits_.now_ns + kFutureMax_ns ? kInFuture : kGood;
  }
  // Samples count milliseconds, of which nanoseconds may overflow.
  Reason time_ms(int64_t ms) const {
    if (ms < limits_.oldest_ns / kMillisecond) return kTooOld;
    return ms > (limits_.now_ns + kFutureMax_ns) / kMillisecond ? kInFuture : kGood;
  }

  template <typename T, typename Why>
  void filter(std::vector<T>& items, const Why& why) {
    std::erase_if(items, [&](const T& item) {
      Reason reason = why(item);
      refused_[reason]++;
      return reason != kGood;
    });
  }

  template <typename Record, typename Why>
  void filter_records(std::vector<model::Resourced<Record>>& resources, const Why& why) {
    for (auto& resource : resources) {
      for (auto& scope : resource.scopes) filter(scope.records, why);
    }
  }

  std::vector<model::Refusal> refusals() const {
    std::vector<model::Refusal> out;
    auto add = [&](Reason reason, std::string text) {
      if (refused_[reason] == 0) return;
      out.push_back({Code::kInvalid, std::move(text), refused_[reason]});
    };
    add(kTooOld, "older than the retention");
    add(kInFuture, "more than an hour in the future: check the sender's clock");
    add(kNoId, "span without a trace id or span id");
    add(kNoName, "series without a metric name");
    return out;
  }

 private:
  const AdmitLimits limits_;
  size_t refused_[kReasons] = {};
};

}  // namespace

std::vector<model::Refusal> admit(model::Batch& batch, const AdmitLimits& limits) {
  Judge judge(limits);
  judge.filter_records(batch.spans, [&](const model::Span& span) {
    if (!span.trace_id || !span.span_id) return kNoId;
    return judge.time(std::max(span.start_ns, span.end_ns), std::min(span.start_ns, span.end_ns));
  });
  for (auto& resource : batch.logs) {
    for (auto& scope : resource.scopes) {
      for (model::LogRecord& record : scope.records) {
        if (effective_time(record) == 0) record.observed_time_ns = limits.now_ns;
      }
    }
  }
  judge.filter_records(batch.logs, [&](const model::LogRecord& record) {
    return judge.time(effective_time(record), effective_time(record));
  });
  for (auto& resource : batch.metrics) {
    for (auto& scope : resource.scopes) {
      for (model::Metric& metric : scope.records) {
        std::visit(
            [&](auto& data) {
              if constexpr (!std::is_same_v<std::decay_t<decltype(data)>, std::monostate>) {
                judge.filter(data.points, [&](const auto& point) {
                  return judge.time(point.time_ns, point.time_ns);
                });
              }
            },
            metric.data);
      }
    }
  }
  for (model::SeriesSamples& series : batch.series) {
    bool named = !model::get(series.labels, model::kMetricName).empty();
    judge.filter(series.samples, [&](const model::Sample& sample) {
      return named ? judge.time_ms(sample.time_ms) : kNoName;
    });
  }
  std::erase_if(batch.series, [](const auto& series) { return series.samples.empty(); });
  return judge.refusals();
}

}  // namespace tarsier::store
