// Door of net, the way out: a blocking HTTP/1.1 client with kept-alive connections.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace tarsier::net {

struct Url {
  std::string scheme;  // "http" or "https"
  std::string host;    // IPv6 addresses without brackets
  uint16_t port = 0;   // the scheme's when the text has none
  std::string target;  // path and query, "/" at least
};
// kInvalid says what is wrong and shows an example.
Result<Url> parse_url(std::string_view text);

struct ClientOptions {
  int64_t connect_timeout_ns = 5'000'000'000;
  int64_t timeout_ns = 30'000'000'000;  // of a whole exchange
  bool insecure = false;                // https: accept any certificate
  size_t body_max_bytes = 64u << 20;    // of an answer
};

// One exchange at a time; use one client per thread. Keeps one connection per host alive.
class Client {
 public:
  explicit Client(ClientOptions options = {});
  ~Client();

  // Any status is a success here; kUnavailable or kTimeout when there was no whole answer.
  // A body is sent as given (set Content-Encoding when it is compressed); a gzip answer is
  // unpacked.
  Result<Response> send(std::string_view method, const Url& url, const Headers& headers,
                        std::string_view body);

  // Any thread: the exchange under way, and every later one, ends as soon as it would have to wait,
  // with kUnavailable.
  void interrupt();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarsier::net
