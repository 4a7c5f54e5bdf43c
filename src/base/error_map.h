// The one table from an error code to what each protocol says.
#pragma once

#include <string_view>

#include "base/result.h"

namespace tarsier {

int http_status(Code code);                         // kLimitExceeded: 429
int grpc_status(Code code);                         // google.rpc.Code
std::string_view prometheus_error_type(Code code);  // "bad_data", "execution", ...
int prometheus_http_status(Code code);              // Prometheus answers 422 for kLimitExceeded
bool retryable(Code code);                          // may the sender try the same bytes again?

}  // namespace tarsier
