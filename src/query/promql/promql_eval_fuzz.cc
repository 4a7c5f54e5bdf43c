// Any query that parses is evaluated, instant and over a range: whatever it says, it ends within
// its limits and does not crash.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/clock.h"
#include "query/engine.h"
#include "query/testing/memory_metrics.h"

namespace {

const tarsier::query::testing::MemoryMetrics& metrics() {
  static const auto* metrics = [] {
    auto* out = new tarsier::query::testing::MemoryMetrics();
    for (int64_t i = 0; i < 100; i++) {
      const auto value = static_cast<double>(i % 17);
      for (const char* le : {"0.1", "1", "+Inf"}) {
        out->add({{"__name__", "b"}, {"le", le}, {"x", "y"}}, i * 15'000, value);
      }
      out->add({{"__name__", "a"}, {"x", "y"}}, i * 15'000, value);
      out->add({{"__name__", "a"}, {"x", "z"}}, i * 15'000, i % 9 == 0 ? std::nan("") : -value);
      out->add({{"__name__", "c"}}, i * 30'000,
               i % 7 == 0 ? tarsier::model::stale_marker() : INFINITY);
    }
    return out;
  }();
  return *metrics;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::query;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  for (const Grid& grid : {Grid{600'000, 600'000, 0}, Grid{0, 900'000, 60'000}}) {
    for (const bool delayed : {false, true}) {
      QueryContext context;
      context.memory_max_bytes = 16u << 20;
      context.deadline_ns = context.clock->monotonic_ns() + 500 * tarsier::kMillisecond;
      (void)evaluate_promql(context, metrics(), text, grid, {.delayed_name_removal = delayed});
    }
  }
  return 0;
}
