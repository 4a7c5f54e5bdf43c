// The heads of HTTP/1 messages: recognise and parse. Views point into the bytes given.
#pragma once

#include <cstdint>
#include <string_view>

#include "assemble/protocols/http1/body.h"
#include "assemble/protocols/protocol.h"

namespace tarsier::assemble::http1 {

inline constexpr size_t kHeadMax = 32 * 1024;

Match looks_like_request(std::string_view bytes);   // "GET /..."
Match looks_like_response(std::string_view bytes);  // "HTTP/1.1 200"

// Bytes up to and including the blank line that ends a head; npos when it is not there. `from`:
// where an earlier search ended.
size_t head_size(std::string_view bytes, size_t from = 0);

struct RequestHead {
  std::string_view method, target, host, content_type;
  Carrier carrier;
  Body body;
};

struct ResponseHead {
  int status = 0;
  std::string_view rpc_status;  // grpc-status, as sent
  Body body;
};

// `whole`: the head ends with its blank line; else it is a prefix, of which complete lines count,
// and the body's framing is unknown. False when it is not a head.
bool parse_request(std::string_view head, bool whole, RequestHead& out);
bool parse_response(std::string_view head, bool whole, std::string_view request_method,
                    ResponseHead& out);

}  // namespace tarsier::assemble::http1
