// Everything that takes a request line or a setting apart: targets, parameters, routes, URLs.
#include <cstdlib>
#include <string_view>

#include "net/client.h"
#include "net/http1/parser.h"
#include "net/server/site.h"

namespace net = tarsier::net;

static net::Router make_router() {
  net::Router router;
  auto handler = [](const net::Request& request) {
    return net::text_response(200, request.path_param("name"));
  };
  router.add("GET", "/api/v1/label/{name}/values", handler);
  router.add("GET", "/api/{rest...}", handler);
  router.add("POST", "/", handler);
  return router;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const net::Router router = make_router();
  std::string_view text(reinterpret_cast<const char*>(data), size);
  net::Request request;
  request.headers = {{"Content-Type", "application/x-www-form-urlencoded"},
                     {"X-Scope-OrgID", std::string(text)}};
  request.body = text;
  if (net::split_target(text, request.path, request.query)) router.handle(request);
  net::Params params = request.params();
  for (const auto& [key, value] : params.entries()) {
    if (!params.has(key) || params.all(key).empty()) std::abort();
  }
  if (net::url_decode(net::url_encode(text)) != text) std::abort();
  if (auto url = net::parse_url(text); url && (url->port == 0 || url->target[0] != '/'))
    std::abort();
  (void)net::accept_tenant(request.headers);
  return 0;
}
