// Content-Encoding and grpc-encoding: gzip and deflate, with a limit on what comes out.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace tarsier::net {

// kInvalid when the bytes are not what they claim, kLimitExceeded when they unpack to more than
// max_bytes. Any thread.
Result<std::string> gunzip(std::string_view bytes, size_t max_bytes);
Result<std::string> inflate(std::string_view bytes, size_t max_bytes);  // zlib, or bare deflate
std::string gzip(std::string_view bytes);

// Does an Accept-Encoding (or grpc-accept-encoding) header allow gzip?
bool accepts_gzip(std::string_view accept_encoding);

}  // namespace tarsier::net
