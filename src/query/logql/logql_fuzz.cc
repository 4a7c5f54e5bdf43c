// Any text: parses or is refused, runs or ends, and never crashes.
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "query/engine.h"
#include "query/testing/memory_events.h"

using namespace tarsier;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const query::testing::MemoryEvents events = [] {
    query::testing::MemoryEvents out;
    out.add_line({{"a", "b"}}, kSecond, R"({"x":{"y":1},"z":"20ms"})", {{"m", "5"}});
    out.add_line({{"a", "b"}}, 2 * kSecond, R"(k=v q="a \"b\"" n=1.5KB)");
    out.add_line({{"a", "c"}}, 3 * kSecond, "\x1b[31mplain\x1b[0m line");
    return out;
  }();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  for (int64_t step : {int64_t{0}, kSecond}) {
    query::QueryContext context;
    context.memory_max_bytes = 16 << 20;
    (void)query::evaluate_logql(context, events, text, 0, 10 * kSecond, step, {});
  }
  return 0;
}
