// Any text through the parser; what it takes prints as something that it takes again.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "query/engine.h"
#include "query/promql/format.h"
#include "query/promql/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::query;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  (void)promql_matchers(text);
  (void)promql_selectors(text);
  const auto expr = promql::parse(text);
  if (!expr) return 0;
  const std::string printed = promql::to_string(**expr);
  const auto again = promql::parse(printed);
  if (!again || promql::to_string(**again) != printed) std::abort();
  (void)promql::pretty(**expr);
  return 0;
}
