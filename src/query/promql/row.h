// What flows between the parts of the evaluator: one series over the whole grid at a time.
#pragma once

#include <bit>
#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tarsier::query::promql {

// The times at which an expression is evaluated.
struct Steps {
  int64_t start_ms = 0, step_ms = 1;
  size_t count = 1;
  int64_t at(size_t i) const { return start_ms + static_cast<int64_t>(i) * step_ms; }
};

// "No value at this step": the stale marker, a NaN that no arithmetic yields.
inline const double kAbsent = std::bit_cast<double>(model::kStaleBits);
inline bool is_absent(double value) {
  return std::bit_cast<uint64_t>(value) == model::kStaleBits;
}

// A series on its way to whoever consumes it. Labels are borrowed until emit returns; values may be
// changed in place.
struct Row {
  const model::Labels* labels = nullptr;
  // The metric's name (and __type__, __unit__) no longer counts. With delayed name removal it
  // is still seen by what follows, and goes at the end; else it is as good as gone.
  bool drop_name = false;
  std::span<double> values;
};

struct OwnedRow {
  model::Labels labels;
  bool drop_name = false;
  std::vector<double> values;

  Row view() { return {&labels, drop_name, values}; }
};

using Emit = std::function<Status(Row&)>;

inline bool is_metadata_label(std::string_view name) {
  return name == model::kMetricName || name == "__type__" || name == "__unit__";
}
inline void erase_metadata(model::Labels& labels) {
  std::erase_if(labels, [](const model::Label& label) { return is_metadata_label(label.name); });
}

}  // namespace tarsier::query::promql
