// The JSON that browsers and scripts post: dashboards and batches.
#include <cstdlib>

#include "api/dashboards/dashboards.h"
#include "api/dashboards/json_check.h"
#include "api/ui/batch.h"

namespace api = tarsier::api;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view text(reinterpret_cast<const char*>(data), size);
  if (auto posted = api::parse_posted_dashboard(text)) {
    if (posted->dashboard.uid.empty() || posted->dashboard.uid.size() > 40) std::abort();
    auto whole = api::dashboard_with_identity(posted->dashboard);
    simdjson::dom::parser parser;
    if (!whole || !api::parse_json(parser, *whole)) std::abort();
  }
  if (auto queries = api::parse_batch(text)) {
    for (const auto& query : *queries) {
      if (query.question.step_ms <= 0 || query.question.end_ms < query.question.start_ms)
        std::abort();
    }
  }
  return 0;
}
