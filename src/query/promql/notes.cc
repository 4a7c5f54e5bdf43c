#include "query/promql/notes.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace tarsier::query::promql {
namespace {

std::string rfc3339(int64_t time_ms) {
  const auto seconds = static_cast<std::time_t>(time_ms / 1000);
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(seconds));
}

}  // namespace

std::string format_g(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  return fmt::format("{}", value);
}

void Notes::add(std::string_view kind, std::string_view text, syntax::Span at) {
  const auto [known, added] = index_.try_emplace(std::string(text), notes_.size());
  if (!added) {
    notes_[known->second].at = at;
    return;
  }
  notes_.push_back({std::string(kind), std::string(text), at, false, {}});
}

void Notes::forced_monotonic(std::string_view metric, syntax::Span at, const Monotonicity& seen) {
  std::string text =
      "input to histogram_quantile needed to be fixed for monotonicity (see "
      "https://prometheus.io/docs/prometheus/latest/querying/functions/#histogram_quantile)";
  if (!metric.empty()) text += " for metric name " + syntax::quote(metric);
  const auto known = index_.find(text);
  if (known == index_.end()) {
    info(text, at);
    notes_.back().counted = true;
    notes_.back().seen = seen;
    return;
  }
  Monotonicity& all = notes_[known->second].seen;
  all.time_min_ms = std::min(all.time_min_ms, seen.time_min_ms);
  all.time_max_ms = std::max(all.time_max_ms, seen.time_max_ms);
  all.bucket_min = std::min(all.bucket_min, seen.bucket_min);
  all.bucket_max = std::max(all.bucket_max, seen.bucket_max);
  all.difference_max = std::max(all.difference_max, seen.difference_max);
  all.samples += seen.samples;
}

std::string Notes::print(const Note& note) const {
  const std::string at = syntax::line_col(query_, note.at.begin);
  if (!note.counted) return fmt::format("{}{} ({})", note.kind, note.text, at);
  return fmt::format(
      "{}{}, from buckets {} to {}, with a max diff of {:.2g}, over {} samples from {} to {} ({})",
      note.kind, note.text, format_g(note.seen.bucket_min), format_g(note.seen.bucket_max),
      note.seen.difference_max, note.seen.samples, rfc3339(note.seen.time_min_ms),
      rfc3339(note.seen.time_max_ms), at);
}

Annotations Notes::finish() const {
  Annotations out;
  for (const Note& note : notes_) {
    (note.kind == "PromQL info: " ? out.infos : out.warnings).push_back(print(note));
  }
  return out;
}

}  // namespace tarsier::query::promql
