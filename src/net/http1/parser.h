// HTTP/1.x bytes to messages, without I/O: fed by a socket, a test or a fuzzer.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "net/http.h"

namespace tarsier::net {

struct ParserLimits {
  size_t head_max_bytes = 64 << 10;
  size_t body_max_bytes = 64u << 20;
};

// One request after the other from a connection's bytes.
class RequestParser {
 public:
  explicit RequestParser(const ParserLimits& limits);
  ~RequestParser();

  // Takes bytes and returns how many it is done with; the rest must be shown again, with more
  // behind. Stops at the end of a request, and at the first error.
  size_t feed(std::string_view bytes);

  bool started() const;  // saw a byte of this request
  bool head_done() const;
  bool done() const;
  int error_status() const { return error_status_; }  // 0: none; else 400, 413, 431, 505
  const std::string& error() const { return error_; }

  // Once head_done():
  bool keep_alive() const;
  bool expects_continue() const;
  bool http_1_0() const;
  size_t body_bytes() const;  // so far

  // Once done(): the request, and ready for the next one.
  Request take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  const ParserLimits limits_;
  int error_status_ = 0;
  std::string error_;
};

// One answer of a server.
class ResponseParser {
 public:
  // `head`: the answer is to a HEAD request, so it has no body.
  ResponseParser(const ParserLimits& limits, bool head);
  ~ResponseParser();

  size_t feed(std::string_view bytes);
  void feed_eof();  // the server closed the connection
  bool started() const;
  bool done() const;
  const std::string& error() const { return error_; }  // empty: none
  bool keep_alive() const;
  int status() const;
  Response take();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
  const ParserLimits limits_;
  std::string error_;
};

// The target of a request line into path and query; false when it is not one.
bool split_target(std::string_view target, std::string& path, std::string& query);

}  // namespace tarsier::net
