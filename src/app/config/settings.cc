#include "app/config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>

#include "app/config/values.h"
#include "base/log.h"

namespace tarsier::app {
namespace {

// A pointer into Config by way of a function, so that nested structs need no offsets.
template <typename T>
using Field = std::function<T&(Config&)>;

template <typename T>
const T& read(const Field<T>& field, const Config& config) {
  return field(const_cast<Config&>(config));
}

template <typename T, typename Parse>
std::function<Status(Config&, std::string_view)> setter(Field<T> field, Parse parse) {
  return [field, parse](Config& config, std::string_view text) -> Status {
    TRY(auto value, parse(text));
    field(config) = std::move(value);
    return {};
  };
}

Setting text(std::string key, std::string help, Field<std::string> field) {
  return {std::move(key), std::move(help), [field](const Config& c) { return read(field, c); },
          [field](Config& c, std::string_view value) -> Status {
            field(c) = std::string(value);
            return {};
          }};
}

Setting choice(std::string key, std::string help, Field<std::string> field,
               std::vector<std::string> choices) {
  Setting setting = text(std::move(key), std::move(help), field);
  setting.help += " (" + fmt::format("{}", fmt::join(choices, "|")) + ")";
  setting.set = [field, choices](Config& c, std::string_view value) -> Status {
    std::string lower(value);
    for (char& ch : lower) ch = static_cast<char>(std::tolower(static_cast<unsigned char>(ch)));
    if (std::find(choices.begin(), choices.end(), lower) == choices.end()) {
      return invalid(fmt::format("\"{}\" is none of {}", value, fmt::join(choices, ", ")));
    }
    field(c) = lower;
    return {};
  };
  return setting;
}

Setting flag(std::string key, std::string help, Field<bool> field) {
  return {std::move(key), std::move(help),
          [field](const Config& c) { return read(field, c) ? "true" : "false"; },
          setter<bool>(field, parse_bool)};
}

Setting integer(std::string key, std::string help, Field<int64_t> field, int64_t min, int64_t max) {
  auto parse = [min, max](std::string_view value) -> Result<int64_t> {
    TRY(int64_t n, parse_integer(value));
    if (n < min || n > max) return invalid(fmt::format("{} is not within {} to {}", n, min, max));
    return n;
  };
  return {std::move(key), std::move(help),
          [field](const Config& c) { return std::to_string(read(field, c)); },
          setter<int64_t>(field, parse)};
}

Setting port(std::string key, std::string help, Field<int64_t> field) {
  return integer(std::move(key), std::move(help) + " (0: off)", std::move(field), 0, 65535);
}

Setting duration(std::string key, std::string help, Field<int64_t> field) {
  return {std::move(key), std::move(help),
          [field](const Config& c) { return format_duration(read(field, c)); },
          setter<int64_t>(field, parse_duration)};
}

Setting bytes(std::string key, std::string help, Field<int64_t> field) {
  return {std::move(key), std::move(help),
          [field](const Config& c) { return format_bytes(read(field, c)); },
          setter<int64_t>(field, parse_bytes)};
}

Setting list(std::string key, std::string help, Field<std::vector<std::string>> field) {
  Setting setting = {std::move(key), std::move(help),
                     [field](const Config& c) { return join_list(read(field, c)); },
                     [field](Config& c, std::string_view value) -> Status {
                       field(c) = split_list(value);
                       return {};
                     }};
  setting.list = true;
  return setting;
}

#define FIELD(path) [](Config& c) -> decltype(c.path)& { return c.path; }

std::vector<Setting> server_settings() {
  return {
      text("data", "folder for everything that is kept", FIELD(data)),
      choice("log_level", "how much tarsier says about itself", FIELD(log_level),
             {"debug", "info", "warn", "error"}),
      text("server.address", "address to listen on", FIELD(server.address)),
      port("server.port", "the UI, and every API", FIELD(server.port)),
      port("server.prometheus_port", "Prometheus and Mimir API", FIELD(server.prometheus_port)),
      port("server.loki_port", "Loki API", FIELD(server.loki_port)),
      port("server.tempo_port", "Tempo API", FIELD(server.tempo_port)),
      port("server.otlp_grpc_port", "OTLP over gRPC", FIELD(server.otlp_grpc_port)),
      port("server.otlp_http_port", "OTLP over HTTP", FIELD(server.otlp_http_port)),
      integer("server.threads", "threads that answer requests", FIELD(server.threads), 1, 256),
      bytes("server.body_max_bytes", "largest request body", FIELD(server.body_max_bytes)),
      duration("store.retention", "age at which data is dropped", FIELD(store.retention_ns)),
      bytes("store.retention_bytes", "size at which the oldest data is dropped",
            FIELD(store.retention_bytes)),
      flag("store.fsync", "make every acknowledged write durable", FIELD(store.fsync)),
      bytes("store.snapshot_log_bytes", "log written that starts a snapshot",
            FIELD(store.snapshot_log_bytes)),
      flag("store.metric_suffixes", "add units and _total to OTLP metric names",
           FIELD(store.metric_suffixes)),
      duration("query.timeout", "time after which a query is ended", FIELD(query.timeout_ns)),
      bytes("query.memory_max_bytes", "memory one query may hold", FIELD(query.memory_max_bytes)),
      integer("query.samples_max", "samples one query may load", FIELD(query.samples_max), 1,
              INT64_MAX),
      text("dashboards.folder", "folder watched for dashboard JSON files",
           FIELD(dashboards.folder)),
  };
}

std::vector<Setting> agent_settings() {
  return {
      choice("capture.source", "how bytes are seen", FIELD(capture.source),
             {"auto", "sockets", "syscalls"}),
      bytes("capture.ring_bytes", "size of the event ring, a power of two",
            FIELD(capture.ring_bytes)),
      flag("capture.http", "traces, metrics and logs of HTTP requests", FIELD(capture.http)),
      flag("capture.tls", "what TLS connections say too, by uprobes", FIELD(capture.tls)),
      flag("capture.network", "flows of every connection of the host", FIELD(capture.network)),
      text("capture.record", "file to record raw events to", FIELD(capture.record)),
      text("capture.user", "user of the process without privileges", FIELD(capture.user)),
      text("capture.netns", "watch one network namespace only: self, or its path",
           FIELD(capture.netns)),
      choice("traces.sampler", "which traces are kept", FIELD(traces.sampler),
             {"always_on", "always_off", "traceidratio", "parentbased_always_on",
              "parentbased_always_off", "parentbased_traceidratio"}),
      {"traces.sampler_arg", "share of traces kept by the ratio samplers, 0 to 1",
       [](const Config& c) { return fmt::format("{}", c.traces.sampler_arg); },
       setter<double>(FIELD(traces.sampler_arg),
                      [](std::string_view value) -> Result<double> {
                        TRY(double ratio, parse_real(value));
                        if (ratio < 0 || ratio > 1) {
                          return invalid(fmt::format("{} is not within 0 to 1", ratio));
                        }
                        return ratio;
                      })},
      choice("traces.printer", "print a line per span", FIELD(traces.printer),
             {"disabled", "text"}),
      duration("metrics.interval", "time between two metric points", FIELD(metrics.interval_ns)),
      flag("logs.requests", "one log record per request", FIELD(logs.requests)),
      list("routes.patterns", "route patterns such as /user/{id}", FIELD(routes.patterns)),
      integer("routes.max_per_service", "routes before AGGREGATED", FIELD(routes.max_per_service),
              1, 100'000),
      list("redact.query_keys", "more query keys whose values are redacted",
           FIELD(redact_query_keys)),
      text("export.endpoint", "OTLP/HTTP base URL to send to", FIELD(exporter.endpoint)),
      text("export.traces_endpoint", "full URL for traces", FIELD(exporter.traces_endpoint)),
      text("export.metrics_endpoint", "full URL for metrics", FIELD(exporter.metrics_endpoint)),
      text("export.logs_endpoint", "full URL for logs", FIELD(exporter.logs_endpoint)),
      flag("export.traces", "send traces", FIELD(exporter.traces)),
      flag("export.metrics", "send metrics", FIELD(exporter.metrics)),
      flag("export.logs", "send logs", FIELD(exporter.logs)),
      flag("export.insecure", "accept any certificate", FIELD(exporter.insecure)),
      list("export.headers", "name=value headers to send", FIELD(exporter.headers)),
      bytes("export.queue_bytes", "disk the queue may use", FIELD(exporter.queue_bytes)),
  };
}

#undef FIELD

// Levenshtein distance, for "did you mean".
size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); j++) row[j] = j;
  for (size_t i = 1; i <= a.size(); i++) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); j++) {
      size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

std::string with(std::string key, char dot, bool upper) {
  for (char& c : key) {
    if (c == '.' || c == '_') c = dot;
    if (upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  return key;
}

}  // namespace

std::string Setting::flag() const {
  return "--" + with(key, '-', false);
}
std::string Setting::variable() const {
  return "TARSIER_" + with(key, '_', true);
}

const std::vector<Setting>& settings() {
  static const std::vector<Setting> all = [] {
    std::vector<Setting> table = server_settings();
    for (Setting& s : agent_settings()) table.push_back(std::move(s));
    return table;
  }();
  return all;
}

const Setting* find_setting(std::string_view key) {
  for (const Setting& setting : settings()) {
    if (setting.key == key) return &setting;
  }
  return nullptr;
}

std::string nearest_key(std::string_view key) {
  std::string best;
  size_t best_distance = std::max<size_t>(2, key.size() / 3) + 1;
  auto consider = [&](const std::string& candidate) {
    size_t distance = edit_distance(key, candidate);
    if (distance >= best_distance) return;
    best_distance = distance;
    best = candidate;
  };
  for (const Setting& setting : settings()) consider(setting.key);
  for (const Alias& alias : file_aliases()) consider(alias.key);
  for (const char* selector : {"discovery.instrument", "discovery.services"}) consider(selector);
  return best;
}

}  // namespace tarsier::app
