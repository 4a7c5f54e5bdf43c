// What the UI's batch asks of the prometheus, loki and tempo folders. Each implements its answer_x
// with the functions that its own HTTP handlers use, so that both always say the same.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "api/api.h"
#include "base/result.h"
#include "query/context.h"
#include "wire/json_writer.h"

namespace tarsier::api {

struct Question {
  std::string expr;
  int64_t start_ms = 0, end_ms = 0;  // since the Unix epoch; an instant query is asked at end_ms
  int64_t step_ms = 0;               // of a range query: more than 0
  bool instant = false;
  int64_t limit = 0;  // log lines or traces; 0 leaves it to the API's default
};

// Evaluates on the calling thread under `context` and writes exactly one JSON value, the same that
// the API puts under "data" (for Tempo: the whole search answer). Returns the warnings. After an
// error the caller throws away what was written.
using Warnings = std::vector<std::string>;
Result<Warnings> answer_prometheus(const Services& services, query::QueryContext& context,
                                   const Question& question, wire::JsonWriter& json);
Result<Warnings> answer_loki(const Services& services, query::QueryContext& context,
                             const Question& question, wire::JsonWriter& json);
Result<Warnings> answer_tempo(const Services& services, query::QueryContext& context,
                              const Question& question, wire::JsonWriter& json);

// The limits of one query for this tenant, its deadline from now on: at most `timeout_ns` of
// Services, less when the caller asks for less.
query::QueryContext query_context(const Services& services, std::string_view tenant,
                                  int64_t timeout_ns = INT64_MAX);

}  // namespace tarsier::api
