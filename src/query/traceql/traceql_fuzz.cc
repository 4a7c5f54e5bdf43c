// Any text: parses or is refused, runs or ends, and never crashes.
#include <cstddef>
#include <cstdint>

#include "query/engine.h"
#include "query/testing/memory_events.h"

using namespace tarsier;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const query::testing::MemoryEvents events = [] {
    query::testing::MemoryEvents out;
    model::Span span;
    span.trace_id.bytes[0] = 1;
    span.span_id.bytes[0] = 1;
    span.name = "GET /a";
    span.end_ns = 5;
    span.attributes = {{"a", {int64_t{1}}}, {"b", {std::string("x")}}};
    span.events = {{1, "e", span.attributes, 0}};
    out.add_span("s", span);
    span.parent_span_id = span.span_id;
    span.span_id.bytes[0] = 2;
    out.add_span("t", span);
    return out;
  }();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  query::QueryContext context;
  (void)query::search_traces(context, events, text, {});
  (void)query::trace_tag_values(context, events, ".a", text, {});
  return 0;
}
