// Door of api: the compatible read APIs, as routes. app mounts them on their own ports, and all of
// them on the UI's. A handler is a plain function of request and context.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/clock.h"
#include "net/http.h"
#include "store/catalog.h"
#include "store/reader.h"

namespace tarsier::api {

// What every handler may reach. All of it outlives the routers; any thread.
struct Services {
  const store::MetricsReader* metrics = nullptr;
  const store::EventsReader* events = nullptr;
  store::Catalog* catalog = nullptr;
  const Clock* clock = &system_clock();
  std::string version;
  int64_t query_timeout_ns = 60 * kSecond;
  size_t query_memory_max_bytes = 512u << 20;
  size_t query_samples_max = 50'000'000;
  std::function<bool()> ready;  // readiness of the whole program
};

void add_prometheus(net::Router& router, const Services& services);  // /api/v1/..., /-/ready, ...
void add_loki(net::Router& router, const Services& services);        // /loki/api/v1/...
void add_tempo(net::Router& router, const Services& services);  // /api/traces, /api/search, ...
void add_dashboards(net::Router& router, const Services& services);  // Grafana's /api/health, ...
void add_ui(net::Router& router, const Services& services);     // /api/ui/...: what our UI asks
void add_admin(net::Router& router, const Services& services);  // /ready, /metrics

}  // namespace tarsier::api
