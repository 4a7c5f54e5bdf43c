// Trace context as it travels in headers.
#pragma once

#include <string>
#include <string_view>

#include "assemble/protocols/carrier.h"
#include "model/ids.h"

namespace tarsier::assemble {

struct Remote {
  model::TraceId trace_id;
  model::SpanId span_id;
  bool sampled = false;
  std::string state;  // tracestate, as received

  explicit operator bool() const { return bool(trace_id); }
  bool same(const Remote& other) const {
    return trace_id == other.trace_id && span_id == other.span_id;
  }
};

// W3C Trace Context level 2, read strictly: a malformed header is no header. `traceparent` goes
// before `b3`.
Remote extract(const Carrier& carrier);

}  // namespace tarsier::assemble
