#include "api/prometheus/handlers.h"

namespace tarsier::api {
namespace {

using Function = net::Response (*)(const Services&, const net::Request&);

net::Response healthy(const Services&, const net::Request&) {
  return net::text_response(200, "Prometheus API of tarsier is healthy.");
}

net::Response ready(const Services& services, const net::Request&) {
  if (!services.ready || services.ready()) return net::text_response(200, "ready");
  return net::text_response(503, "not ready");
}

struct Route {
  const char* path;
  Function function;
  bool post = false;  // also as a form
};

constexpr Route kRoutes[] = {
    {"/api/v1/query", prometheus::instant_query, true},
    {"/api/v1/query_range", prometheus::range_query, true},
    {"/api/v1/query_exemplars", prometheus::query_exemplars, true},
    {"/api/v1/format_query", prometheus::format_query, true},
    {"/api/v1/labels", prometheus::label_names, true},
    {"/api/v1/label/{name}/values", prometheus::label_values},
    {"/api/v1/series", prometheus::series, true},
    {"/api/v1/metadata", prometheus::metadata},
    {"/api/v1/rules", prometheus::rules},
    {"/api/v1/alerts", prometheus::alerts},
    {"/api/v1/status/buildinfo", prometheus::build_info},
    {"/-/healthy", healthy},
    {"/-/ready", ready},
};

}  // namespace

void add_prometheus(net::Router& router, const Services& services) {
  for (const Route& route : kRoutes) {
    const auto handler = [function = route.function, services](const net::Request& request) {
      return function(services, request);
    };
    router.add("GET", route.path, handler);
    if (route.post) router.add("POST", route.path, handler);
  }
}

}  // namespace tarsier::api
