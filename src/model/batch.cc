#include "model/batch.h"

namespace tarsier::model {

size_t Batch::items() const {
  size_t n = encoded_spans.items + encoded_logs.items;
  for (const auto& r : spans) {
    for (const auto& s : r.scopes) n += s.records.size();
  }
  for (const auto& r : logs) {
    for (const auto& s : r.scopes) n += s.records.size();
  }
  for (const auto& r : metrics) {
    for (const auto& s : r.scopes) {
      for (const Metric& m : s.records) n += m.points();
    }
  }
  for (const auto& s : series) n += s.samples.size();
  return n;
}

}  // namespace tarsier::model
