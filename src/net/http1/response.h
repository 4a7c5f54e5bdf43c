// An answer as HTTP/1.x bytes, and the dates that every version puts into it.
#pragma once

#include <string>
#include <string_view>

#include "net/http.h"

namespace tarsier::net {

struct ResponseHead {
  bool keep_alive = true;
  bool http_1_0 = false;
};

// Status line and headers, with the empty line; the body goes behind it as it is. A header that
// would break the framing (a line end in it, a Content-Length of its own) is left out.
std::string response_head(const Response& response, const ResponseHead& head);

// May an answer with this status have a body?
bool has_body(int status);
bool valid_header(std::string_view name, std::string_view value);
// "Tue, 24 Nov 2026 08:00:00 GMT", made once a second.
std::string_view http_date();

}  // namespace tarsier::net
