// Everything that can be set, with its type. Filled by load.h from defaults, file, environment and
// flags.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace tarsier::app {

// One item of discovery.instrument (globs) or discovery.services (regexes matched anywhere). The
// fields of one item must all hold; one item that holds is enough.
struct Selector {
  bool regex = false;
  std::string exe_path;
  std::string open_ports;               // "80,8000-9000"
  std::string name, service_namespace;  // given to the service that matches
};

struct Config {
  std::string data = "/var/lib/tarsier";
  std::string log_level = "info";

  struct Server {
    std::string address = "127.0.0.1";
    int64_t port = 3000;             // the UI, the dashboard calls, and every other API as well
    int64_t prometheus_port = 9009;  // Prometheus and Mimir
    int64_t loki_port = 3100;
    int64_t tempo_port = 3200;
    int64_t otlp_grpc_port = 4317;
    int64_t otlp_http_port = 4318;
    int64_t threads = 2;
    int64_t body_max_bytes = 64 << 20;
  } server;

  struct Capture {
    std::string source = "auto";  // auto, sockets, syscalls
    int64_t ring_bytes = 8 << 20;
    bool http = true;
    bool tls = true;
    bool network = true;
    std::string record;  // write the raw events to this file as well
    std::string user = "nobody";
    std::string netns;  // only processes of this network namespace: "self" or a path
  } capture;

  std::vector<Selector> instrument;  // empty: everything that serves
  std::vector<Selector> exclude;

  struct Traces {
    std::string sampler = "parentbased_always_on";
    double sampler_arg = 1;
    std::string printer = "disabled";  // disabled, text
  } traces;

  struct Metrics {
    int64_t interval_ns = 5'000'000'000;
  } metrics;

  struct Logs {
    bool requests = true;
  } logs;

  struct Routes {
    std::vector<std::string> patterns;
    int64_t max_per_service = 100;
  } routes;

  std::vector<std::string> redact_query_keys;

  struct Export {
    std::string endpoint;  // OTLP/HTTP base URL; empty: nothing is sent
    std::string traces_endpoint, metrics_endpoint, logs_endpoint;  // full URLs that go before it
    bool traces = true, metrics = true, logs = true;
    bool insecure = false;             // accept any certificate
    std::vector<std::string> headers;  // "name=value"
    int64_t queue_bytes = 1LL << 30;
  } exporter;

  struct Store {
    int64_t retention_ns = 15LL * 24 * 3600 * 1'000'000'000;
    int64_t retention_bytes = 4LL << 30;
    bool fsync = true;
    int64_t snapshot_log_bytes = 256LL << 20;
    bool metric_suffixes = true;
  } store;

  struct Query {
    int64_t timeout_ns = 60'000'000'000;
    int64_t memory_max_bytes = 512LL << 20;
    int64_t samples_max = 50'000'000;
  } query;

  struct Dashboards {
    std::string folder;
  } dashboards;
};

}  // namespace tarsier::app
