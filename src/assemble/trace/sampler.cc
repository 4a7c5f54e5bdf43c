#include "assemble/trace/sampler.h"

#include <algorithm>
#include <cmath>

namespace tarsier::assemble {

TraceSampler::TraceSampler(Sampler kind, double ratio) : kind_(kind) {
  ratio = std::isnan(ratio) ? 1 : std::clamp(ratio, 0.0, 1.0);
  bound_ = static_cast<uint64_t>(std::ldexp(ratio, 63));
}

bool TraceSampler::root(const model::TraceId& trace_id) const {
  switch (kind_) {
    case Sampler::kAlwaysOn:
    case Sampler::kParentBasedAlwaysOn:
      return true;
    case Sampler::kAlwaysOff:
    case Sampler::kParentBasedAlwaysOff:
      return false;
    case Sampler::kTraceIdRatio:
    case Sampler::kParentBasedTraceIdRatio:
      break;
  }
  uint64_t low = 0;
  for (size_t i = 8; i < 16; i++) low = low << 8 | trace_id.bytes[i];
  return (low >> 1) < bound_;
}

bool TraceSampler::child(const model::TraceId& trace_id, bool parent_sampled) const {
  switch (kind_) {
    case Sampler::kParentBasedAlwaysOn:
    case Sampler::kParentBasedAlwaysOff:
    case Sampler::kParentBasedTraceIdRatio:
      return parent_sampled;
    default:
      return root(trace_id);
  }
}

}  // namespace tarsier::assemble
