// Names under which other programs know our settings: Beyla's configuration file, the OpenTelemetry
// environment variables.
#include <fmt/format.h>

#include "app/config/settings.h"
#include "app/config/values.h"

namespace tarsier::app {
namespace {

Result<std::string> printer_from_switch(std::string_view value) {
  TRY(bool on, parse_bool(value));
  return std::string(on ? "text" : "disabled");
}

Result<std::string> submit_from_exporter(std::string_view value) {
  if (value == "opentelemetry" || value == "otel" || value == "otlp") return std::string("true");
  if (value == "none" || value == "disabled") return std::string("false");
  return invalid(fmt::format("\"{}\" is none of opentelemetry, none", value));
}

// A base URL gets the signal's path, as every OpenTelemetry exporter does; a full URL stays.
auto with_path(std::string path) {
  return [path](std::string_view value) -> Result<std::string> {
    std::string url(value);
    if (url.empty() || url.ends_with(path)) return url;
    while (url.ends_with('/')) url.pop_back();
    return url + path;
  };
}

Result<std::string> from_milliseconds(std::string_view value) {
  TRY(int64_t ms, parse_integer(value));
  return fmt::format("{}ms", ms);
}

Result<std::string> printer_name(std::string_view value) {
  if (value == "text" || value == "disabled") return std::string(value);
  return unsupported(fmt::format("trace printer \"{}\" does not exist here yet; use text", value));
}

}  // namespace

const std::vector<Alias>& file_aliases() {
  static const std::vector<Alias> all = {
      {"otel.endpoint", "export.endpoint", true, "", {}},
      {"otel.insecure", "export.insecure", true, "", {}},
      {"otel.traces.sampler", "traces.sampler", true, "", {}},
      {"otel.traces.sampler_arg", "traces.sampler_arg", true, "", {}},
      {"otel.metrics.interval", "metrics.interval", true, "", {}},
      {"otel.logs.submit", "export.logs", true, "", submit_from_exporter},
      {"network.enable", "capture.network", true, "", {}},
      {"http_request_trace", "capture.http", true, "", {}},
      {"print_traces", "traces.printer", true, "traces.printer: text", printer_from_switch},
      {"trace_printer", "traces.printer", false, "", printer_name},
      {"otel_traces_export.endpoint", "export.traces_endpoint", false, "", with_path("/v1/traces")},
      {"otel_traces_export.sampler.name", "traces.sampler", false, "", {}},
      {"otel_traces_export.sampler.arg", "traces.sampler_arg", false, "", {}},
      {"otel_traces_export.insecure_skip_verify", "export.insecure", false, "", {}},
      {"otel_metrics_export.endpoint", "export.metrics_endpoint", false, "",
       with_path("/v1/metrics")},
      {"otel_metrics_export.interval", "metrics.interval", false, "", {}},
      {"otel_metrics_export.insecure_skip_verify", "export.insecure", false, "", {}},
      {"attributes.metric_span_names_limit", "routes.max_per_service", false, "", {}},
      {"attributes.sensitive_query_params.add", "redact.query_keys", false, "", {}},
  };
  return all;
}

const std::vector<Alias>& environment_aliases() {
  static const std::vector<Alias> all = {
      {"OTEL_EXPORTER_OTLP_ENDPOINT", "export.endpoint", false, "", {}},
      {"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "export.traces_endpoint", false, "", {}},
      {"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT", "export.metrics_endpoint", false, "", {}},
      {"OTEL_EXPORTER_OTLP_LOGS_ENDPOINT", "export.logs_endpoint", false, "", {}},
      {"OTEL_EXPORTER_OTLP_HEADERS", "export.headers", false, "", {}},
      {"OTEL_METRIC_EXPORT_INTERVAL", "metrics.interval", false, "", from_milliseconds},
      {"OTEL_TRACES_SAMPLER", "traces.sampler", false, "", {}},
      {"OTEL_TRACES_SAMPLER_ARG", "traces.sampler_arg", false, "", {}},
      {"BEYLA_LOG_LEVEL", "log_level", false, "", {}},
      {"BEYLA_TRACE_PRINTER", "traces.printer", false, "", printer_name},
      {"BEYLA_NETWORK_METRICS", "capture.network", false, "", {}},
      {"BEYLA_PRINT_TRACES", "traces.printer", true, "TARSIER_TRACES_PRINTER=text",
       printer_from_switch},
  };
  return all;
}

}  // namespace tarsier::app
