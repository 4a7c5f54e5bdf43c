// HTTP/1 in pieces: the first byte of the input says how large they are.
#include <algorithm>
#include <cstdlib>

#include "net/content_encoding.h"
#include "net/http1/parser.h"

namespace net = tarsier::net;

static constexpr net::ParserLimits kLimits{.head_max_bytes = 4096, .body_max_bytes = 10'000};

static void requests(std::string_view bytes, size_t step) {
  net::RequestParser parser(kLimits);
  std::string buffer;
  while (!bytes.empty() && parser.error_status() == 0) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    while (parser.error_status() == 0) {
      buffer.erase(0, parser.feed(buffer));
      if (!parser.done()) break;
      net::Request request = parser.take();
      if (request.body.size() > kLimits.body_max_bytes) std::abort();
      if (buffer.empty()) break;
    }
    if (buffer.size() > 2 * kLimits.head_max_bytes + step && parser.error_status() == 0)
      std::abort();
  }
}

static void response(std::string_view bytes, size_t step, bool head) {
  net::ResponseParser parser(kLimits, head);
  std::string buffer;
  while (!bytes.empty() && parser.error().empty() && !parser.done()) {
    buffer.append(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    buffer.erase(0, parser.feed(buffer));
  }
  if (parser.error().empty() && !parser.done()) parser.feed_eof();
  if (parser.done()) parser.take();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t step = static_cast<size_t>(data[0]) + 1;
  requests(bytes, step);
  response(bytes, step, data[0] % 2 == 0);
  (void)net::gunzip(bytes, 10'000);
  (void)net::inflate(bytes, 10'000);
  return 0;
}
