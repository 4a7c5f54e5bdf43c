// Readiness, health, and tarsier's own metrics.
#include "api/api.h"
#include "base/metrics.h"

namespace tarsier::api {

void add_admin(net::Router& router, const Services& services) {
  auto ready = [check = services.ready](const net::Request&) {
    bool yes = !check || check();
    return net::text_response(yes ? 200 : 503, yes ? "ready" : "not ready yet");
  };
  auto alive = [](const net::Request&) { return net::text_response(200, "healthy"); };
  router.add("GET", "/ready", ready);
  router.add("GET", "/-/ready", ready);
  router.add("GET", "/-/healthy", alive);
  router.add("GET", "/metrics", [](const net::Request&) {
    return net::Response{200, "text/plain; version=0.0.4; charset=utf-8", metrics().render(), {}};
  });
}

}  // namespace tarsier::api
