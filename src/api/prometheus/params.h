// Request parameters as Prometheus reads them. Errors are "invalid parameter "x": ...".
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/answer.h"
#include "base/result.h"
#include "net/http.h"
#include "query/engine.h"
#include "store/reader.h"

namespace tarsier::api::prometheus {

// Float seconds or RFC 3339, to the millisecond.
Result<int64_t> parse_time_ms(std::string_view text);
// Float seconds or a Prometheus duration.
Result<int64_t> parse_duration_ns(std::string_view text);

Error invalid_parameter(std::string_view name, std::string_view message);

Result<int64_t> time_parameter(const net::Params& params, std::string_view name, int64_t absent_ms);
Result<size_t> limit_parameter(const net::Params& params);  // 0: none
// start and end; all time when absent.
Result<store::TimeRange> range_parameters(const net::Params& params);
// start, end and step of a range query, within 11,000 points.
Result<query::Grid> grid_parameters(const net::Params& params);
// timeout and lookback_delta.
Result<int64_t> timeout_parameter(const net::Params& params);
Result<query::PromqlOptions> promql_options(const net::Params& params);
// match[], one list of matchers each.
Result<std::vector<std::vector<store::Matcher>>> matcher_parameters(const net::Params& params);

// U__http_2e_status -> http.status; other names stay as they are.
std::string unescape_label(std::string_view name);

}  // namespace tarsier::api::prometheus
