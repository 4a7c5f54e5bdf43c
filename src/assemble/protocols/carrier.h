// Trace context found in a request.
#pragma once

#include <string_view>

namespace tarsier::assemble {

// The headers' values as sent, empty when absent. The views are valid during the call only.
struct Carrier {
  std::string_view traceparent, tracestate, b3;
};

}  // namespace tarsier::assemble
