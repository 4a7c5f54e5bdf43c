// The words and lines of a PromQL test script.
#pragma once

#include <cstdint>
#include <string_view>

#include "model/labels.h"
#include "query/testing/promql_script.h"

namespace tarsier::query::testing {

std::string_view trim(std::string_view text);
// Takes the first word off; what is left begins with the next.
std::string_view take_word(std::string_view& text);
// A number of seconds or a duration; 0 when it is neither.
int64_t parse_time_ms(std::string_view text);

struct SeriesLine {
  model::Labels labels;
  ScriptPoints points;
  bool valid = true;
};

// name{label="value"} 1 2 3
SeriesLine parse_series(std::string_view line);

}  // namespace tarsier::query::testing
