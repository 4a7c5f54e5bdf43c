// Loki's request parameters.
#pragma once

#include <cstdint>

#include "base/clock.h"
#include "base/result.h"
#include "net/http.h"

namespace tarsier::api::loki {

struct Range {
  int64_t start_ns = 0, end_ns = 0;
};

// Whole nanoseconds, or up to ten digits or with a point: seconds; or RFC 3339.
Result<int64_t> parse_time(std::string_view name, std::string_view text);
// start and end; or since (a duration) before end. Default: the last hour.
Result<Range> parse_range(const net::Params& params, const Clock& clock);
// Float seconds or a Prometheus duration; absent: a 250th of the range, 1 s at least.
Result<int64_t> parse_step_ns(const net::Params& params, const Range& range);
Result<int64_t> parse_limit(const net::Params& params);      // 100 when absent
Result<bool> parse_newest_first(const net::Params& params);  // direction=backward, the default

}  // namespace tarsier::api::loki
