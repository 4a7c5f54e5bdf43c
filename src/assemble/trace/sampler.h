// Which traces are kept. The rules and the arithmetic are OpenTelemetry's.
#pragma once

#include "assemble/assemble.h"
#include "model/ids.h"

namespace tarsier::assemble {

class TraceSampler {
 public:
  TraceSampler(Sampler kind, double ratio);
  bool root(const model::TraceId& trace_id) const;
  // `parent_sampled`: what the parent, remote or local, decided.
  bool child(const model::TraceId& trace_id, bool parent_sampled) const;

 private:
  Sampler kind_;
  uint64_t bound_;
};

}  // namespace tarsier::assemble
