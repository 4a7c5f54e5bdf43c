// Unary gRPC on top of a whole HTTP/2 request: five-byte frames, gzip, statuses, timeouts.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http2/session.h"
#include "net/server/site.h"

namespace tarsier::net {

bool is_grpc(const Headers& headers);

// Unpacks the message, calls the method, packs what it says. On a handler thread.
Http2Answer answer_grpc(const Site& site, Request&& request);

// Headers only, as an error before any message is.
Http2Answer grpc_error(int grpc_status, std::string_view message);
Http2Answer grpc_error(const Error& error);
int grpc_status_of_http(int status);

// "250m" is 250 ms. Empty when it is not a timeout; at most about 292 years.
std::optional<int64_t> parse_grpc_timeout(std::string_view text);

// The one message of a body. `encoding` is the grpc-encoding header.
Result<std::string> unframe_grpc(std::string_view body, std::string_view encoding,
                                 size_t max_bytes);
std::string frame_grpc(std::string_view message, bool compressed);

}  // namespace tarsier::net
