// Tempo's request parameters.
#pragma once

#include <string>

#include "base/result.h"
#include "net/http.h"
#include "query/engine.h"

namespace tarsier::api::tempo {

// start and end in seconds since the epoch (none: all of time), limit, spss.
Result<query::TraceqlOptions> search_options(const net::Params& params);

// q as it is; or tags (logfmt), minDuration and maxDuration as the TraceQL that means the same.
Result<std::string> search_query(const net::Params& params);

}  // namespace tarsier::api::tempo
