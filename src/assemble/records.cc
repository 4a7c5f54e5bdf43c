#include "assemble/records.h"

#include <fmt/compile.h>
#include <fmt/format.h>

#include "base/clock.h"

namespace tarsier::assemble {
namespace {

// OTLP span flags: the bit that says whether the next one means something, and that one.
constexpr uint32_t kSampled = 1, kHasIsRemote = 0x100, kIsRemote = 0x200;
constexpr int32_t kInfo = 9, kWarn = 13, kError = 17;  // OpenTelemetry severity numbers

void add(model::Attributes& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.push_back({std::string(key), {std::string(value)}});
}
void add(model::Attributes& out, std::string_view key, int64_t value) {
  out.push_back({std::string(key), {value}});
}

std::string url(const Exchange& e) {
  uint16_t port = e.host_port ? e.host_port : server_port(e);
  std::string_view host = server_address(e);
  bool v6 = host.find(':') != std::string_view::npos;
  std::string out;
  out.reserve(16 + host.size() + e.target.size());
  fmt::format_to(std::back_inserter(out), FMT_COMPILE("http://{}{}{}"), v6 ? "[" : "", host,
                 v6 ? "]" : "");
  if (port != 0 && port != 80) fmt::format_to(std::back_inserter(out), FMT_COMPILE(":{}"), port);
  return out += e.target;
}

void add_server_attributes(const Exchange& e, model::Attributes& out) {
  add(out, "client.address", e.peer_address);
  add(out, "url.path", e.path());
}

void add_client_attributes(const Exchange& e, const RecordContext& context,
                           model::Attributes& out) {
  add(out, "url.full", url(e));
  add(out, "service.peer.name", context.peer_service.empty() ? e.host : context.peer_service);
}

}  // namespace

bool failed(const Exchange& e) {
  return e.status == 0 || e.status >= (e.side == Side::kServer ? 500 : 400);
}

std::string_view server_address(const Exchange& e) {
  if (e.side == Side::kServer) return e.local_address;
  return e.host.empty() ? e.peer_address : e.host;
}

uint16_t server_port(const Exchange& e) {
  return e.side == Side::kServer ? e.local_port : e.peer_port;
}

model::Span make_span(const Exchange& e, const RecordContext& context) {
  const Node& node = *e.trace;
  model::Span span;
  span.trace_id = node.trace_id;
  span.span_id = node.span_id;
  span.parent_span_id = node.parent_id;
  span.trace_state = node.trace_state;
  span.flags = kSampled | kHasIsRemote | (node.parent_is_remote ? kIsRemote : 0);
  span.name.reserve(e.method.size() + 1 + context.route.size());
  span.name = e.method;
  if (!context.route.empty()) (span.name += ' ') += context.route;
  span.kind = e.side == Side::kServer ? model::SpanKind::kServer : model::SpanKind::kClient;
  span.start_ns = static_cast<int64_t>(e.start_ns) + context.wall_offset_ns;
  span.end_ns = static_cast<int64_t>(e.end_ns) + context.wall_offset_ns;
  model::Attributes& attributes = span.attributes;
  attributes.reserve(14);
  add(attributes, "http.request.method", e.method);
  if (e.status) add(attributes, "http.response.status_code", e.status);
  add(attributes, "http.route", context.route);
  add(attributes, "url.scheme", "http");
  if (e.side == Side::kServer) {
    add_server_attributes(e, attributes);
  } else {
    add_client_attributes(e, context, attributes);
  }
  add(attributes, "url.query", e.query());
  add(attributes, "server.address", server_address(e));
  if (uint16_t port = server_port(e)) add(attributes, "server.port", port);
  add(attributes, "http.request.body.size", static_cast<int64_t>(e.request_body));
  add(attributes, "http.response.body.size", static_cast<int64_t>(e.response_body));
  if (failed(e)) {
    span.status = model::SpanStatus::kError;
    if (e.status == 0) {
      add(attributes, "error.type", "connection_closed");
      span.status_message = "the connection ended before an answer";
    }
  }
  return span;
}

model::LogRecord make_log(const Exchange& e, const RecordContext& context) {
  model::LogRecord log;
  log.time_ns = static_cast<int64_t>(e.end_ns) + context.wall_offset_ns;
  log.observed_time_ns = log.time_ns;
  bool server_error = e.status == 0 || e.status >= 500;
  log.severity_number = server_error ? kError : e.status >= 400 ? kWarn : kInfo;
  log.severity_text = server_error ? "ERROR" : e.status >= 400 ? "WARN" : "INFO";
  double duration_ms = static_cast<double>(e.end_ns - e.start_ns) / kMillisecond;
  std::string body;
  body.reserve(e.method.size() + e.target.size() + 24);
  fmt::format_to(std::back_inserter(body), FMT_COMPILE("{} {} {} {:.3f}ms"), e.method, e.target,
                 e.status, duration_ms);
  log.body.data = std::move(body);
  log.attributes.reserve(10);
  add(log.attributes, "http.request.method", e.method);
  if (e.status) add(log.attributes, "http.response.status_code", e.status);
  add(log.attributes, "http.route", context.route);
  add(log.attributes, "url.path", e.path());
  add(log.attributes, "url.query", e.query());
  log.attributes.push_back({"duration_ms", {duration_ms}});
  add(log.attributes, "client.address", e.peer_address);
  add(log.attributes, "http.request.body.size", static_cast<int64_t>(e.request_body));
  add(log.attributes, "http.response.body.size", static_cast<int64_t>(e.response_body));
  log.flags = e.trace->sampled ? kSampled : 0;
  log.trace_id = e.trace->trace_id;
  log.span_id = e.trace->span_id;
  return log;
}

}  // namespace tarsier::assemble
