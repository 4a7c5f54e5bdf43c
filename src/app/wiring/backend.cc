#include "app/wiring/backend.h"

#include <condition_variable>
#include <cstring>
#include <mutex>
#include <set>

#include "api/api.h"
#include "api/assets/assets.h"
#include "api/dashboards/dashboards.h"
#include "app/commands/commands.h"
#include "base/log.h"
#include "pipeline/pipeline.h"

extern "C" const char tarsier_ui_pack[], tarsier_ui_pack_end[];
extern "C" const char tarsier_dashboards[], tarsier_dashboards_end[];

namespace tarsier::app {
namespace {

store::Options store_options(const Config& config) {
  store::Options out;
  out.folder = config.data;
  out.retention_ns = config.store.retention_ns;
  out.retention_bytes = static_cast<uint64_t>(config.store.retention_bytes);
  out.fsync = config.store.fsync;
  out.snapshot_log_bytes = static_cast<uint64_t>(config.store.snapshot_log_bytes);
  out.metric_suffixes = config.store.metric_suffixes;
  return out;
}

net::ServerOptions server_options(const Config& config) {
  net::ServerOptions out;
  out.threads = static_cast<int>(config.server.threads);
  out.body_max_bytes = static_cast<size_t>(config.server.body_max_bytes);
  return out;
}

// Every API as a router of its own, so that it can stand on its port and, mounted, on the UI's.
struct Apis {
  net::Router prometheus, loki, tempo, otlp;

  Apis(const api::Services& services, model::Sink& sink) {
    api::add_prometheus(prometheus, services);
    pipeline::add_remote_write(prometheus, sink);
    api::add_loki(loki, services);
    pipeline::add_loki_push(loki, sink);
    api::add_tempo(tempo, services);
    pipeline::add_otlp_http(otlp, sink);
  }
};

net::Router with_admin(const api::Services& services) {
  net::Router router;
  api::add_admin(router, services);
  return router;
}

// Grafana's dashboard search and Tempo's trace search have the same path: on the UI's port it is
// the dashboards', and Tempo's stands below /tempo.
Result<net::Router> ui_router(const api::Services& services, const Apis& apis) {
  net::Router router = with_admin(services);
  api::add_dashboards(router, services);
  api::add_ui(router, services);
  router.mount("", apis.prometheus);
  router.mount("/prometheus", apis.prometheus);
  router.mount("", apis.loki);
  router.mount("", apis.tempo);
  router.mount("/tempo", apis.tempo);
  router.mount("/otlp", apis.otlp);
  TRY(auto assets, api::Assets::parse({tarsier_ui_pack, tarsier_ui_pack_end}));
  auto shared = std::make_shared<api::Assets>(std::move(assets));
  router.set_fallback([shared](const net::Request& request) { return shared->serve(request); });
  return router;
}

}  // namespace

Backend::Backend(const Config& config) : config_(config), server_(server_options(config)) {}

Backend::~Backend() {
  maintenance_ = {};  // stops and joins
  server_.stop();
  dashboards_.reset();
  if (!store_) return;
  if (Status synced = store_->sync(); !synced) {
    LOG_ERROR("the last writes may be lost", "error", synced.error().message);
  }
}

Result<std::unique_ptr<Backend>> Backend::start(const Config& config) {
  std::unique_ptr<Backend> backend(new Backend(config));
  TRY(backend->store_, store::Store::open(store_options(config), system_clock()));
  TRY_STATUS(backend->load_dashboards());
  TRY_STATUS(backend->listen());
  backend->server_.start();
  backend->maintenance_ =
      std::jthread([b = backend.get()](std::stop_token stop) { b->maintain(stop); });
  return backend;
}

Status Backend::load_dashboards() {
  std::set<std::string> shipped;
  for (const char* text = tarsier_dashboards; text < tarsier_dashboards_end;
       text += std::strlen(text) + 1) {
    TRY(store::Dashboard dashboard, api::parse_dashboard(text, ""));
    dashboard.built_in = true;
    shipped.insert(dashboard.uid);
    Result<store::Dashboard> stored = store_->catalog().dashboard(dashboard.uid);
    if (stored && stored->json == dashboard.json) continue;
    TRY_STATUS(store_->catalog().save(dashboard, /*overwrite=*/true));
  }
  if (config_.dashboards.folder.empty()) {
    api::keep_only(store_->catalog(), shipped);
    return {};
  }
  dashboards_ = std::make_unique<api::DashboardFolder>(config_.dashboards.folder, store_->catalog(),
                                                       std::move(shipped));
  return {};
}

Status Backend::listen() {
  api::Services services;
  services.metrics = &store_->metrics();
  services.events = &store_->events();
  services.catalog = &store_->catalog();
  services.version = kVersion;
  services.query_timeout_ns = config_.query.timeout_ns;
  services.query_memory_max_bytes = static_cast<size_t>(config_.query.memory_max_bytes);
  services.query_samples_max = static_cast<size_t>(config_.query.samples_max);
  services.ready = [] { return true; };  // nothing listens before the store is open

  model::Sink& sink = *store_;
  Apis apis(services, sink);
  TRY(net::Router ui, ui_router(services, apis));
  net::GrpcService otlp_grpc;
  pipeline::add_otlp_grpc(otlp_grpc, sink);

  auto add = [&](std::string_view name, int64_t port, net::Router router,
                 net::GrpcService grpc = {}) -> Status {
    if (port == 0) return {};
    return server_.listen(name, config_.server.address, static_cast<uint16_t>(port),
                          std::move(router), std::move(grpc));
  };
  auto behind_admin =
      [&](std::initializer_list<std::pair<std::string_view, const net::Router*>> mounts) {
        net::Router router = with_admin(services);
        for (const auto& [prefix, mounted] : mounts) router.mount(prefix, *mounted);
        return router;
      };
  TRY_STATUS(add("ui", config_.server.port, std::move(ui)));
  TRY_STATUS(
      add("prometheus", config_.server.prometheus_port,
          behind_admin(
              {{"", &apis.prometheus}, {"/prometheus", &apis.prometheus}, {"/otlp", &apis.otlp}})));
  TRY_STATUS(add("loki", config_.server.loki_port,
                 behind_admin({{"", &apis.loki}, {"/otlp", &apis.otlp}})));
  TRY_STATUS(add("tempo", config_.server.tempo_port, behind_admin({{"", &apis.tempo}})));
  TRY_STATUS(add("otlp_http", config_.server.otlp_http_port, behind_admin({{"", &apis.otlp}})));
  return add("otlp_grpc", config_.server.otlp_grpc_port, with_admin(services),
             std::move(otlp_grpc));
}

void Backend::maintain(std::stop_token stop) {
  std::mutex mutex;
  std::condition_variable_any wake;
  std::unique_lock lock(mutex);
  while (
      !wake.wait_for(lock, stop, std::chrono::seconds(2), [&] { return stop.stop_requested(); })) {
    if (Status done = store_->maintain(); !done) {
      LOG_ERROR("store maintenance", "error", done.error().message);
    }
  }
}

}  // namespace tarsier::app
