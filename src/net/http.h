// HTTP as the rest of the program sees it: plain structs. No Asio, no Beast, no nghttp2.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"

namespace tarsier::net {

using Headers = std::vector<std::pair<std::string, std::string>>;

// The first header of that name, any case; empty when absent.
std::string_view find_header(const Headers& headers, std::string_view name);

// Decoded key=value pairs in order, of a query string or of a form body.
class Params {
 public:
  static Params parse(std::string_view encoded);
  void append(const Params& other);

  bool has(std::string_view key) const;
  std::string_view get(std::string_view key,
                       std::string_view fallback = {}) const;  // the first one
  std::vector<std::string> all(std::string_view key) const;
  const std::vector<std::pair<std::string, std::string>>& entries() const { return entries_; }

 private:
  std::vector<std::pair<std::string, std::string>> entries_;
};

struct Request {
  std::string method = "GET";
  std::string path;   // decoded, without the query
  std::string query;  // as sent, without '?'
  Headers headers;
  std::string body;  // gzip and deflate are unpacked; snappy and zstd left to the handler, with
                     // their Content-Encoding
  std::string peer_address;  // who asks
  std::string tenant;        // X-Scope-OrgID as the authenticator accepted it; empty is the default
  std::vector<std::pair<std::string, std::string>> path_params;  // filled by the router

  std::string_view path_param(std::string_view name) const;

  // The query's parameters, then a form body's (application/x-www-form-urlencoded).
  Params params() const;
};

struct Response {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  Headers headers;
};

// A plain, readable text body, ended by a newline: for errors and probes.
Response text_response(int status, std::string_view text);

using Handler = std::function<Response(const Request&)>;

// Routes by method and path. A pattern segment "{name}" matches one segment, a last "{name...}" all
// the rest; the text is put into Request::path_params by the router. The most specific route wins.
// A path that matches with another method answers 405 with Allow.
class Router {
 public:
  struct Match {
    const Handler* handler = nullptr;
    std::vector<std::pair<std::string, std::string>> path_params;
    int status = 404;   // 200 when found, else 404 or 405
    std::string allow;  // for 405
  };

  void add(std::string_view method, std::string_view pattern, Handler handler);
  // Takes over every route of the other router, each path behind the prefix.
  void mount(std::string_view prefix, const Router& other);
  void set_fallback(Handler handler);  // for what matches nothing (the UI's pages)

  Match match(std::string_view method, std::string_view path) const;
  Response handle(Request&& request) const;
  Response handle(const Request& request) const { return handle(Request(request)); }

 private:
  struct Route {
    std::string method, pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
  Handler fallback_;
};

// "a%20b+c" -> "a b c"; a broken escape is kept as it is.
std::string url_decode(std::string_view text, bool plus_is_blank = true);
std::string url_encode(std::string_view text);

}  // namespace tarsier::net
