#include "assemble/records.h"

#include <charconv>
#include <iterator>

#include "assemble/rpc.h"
#include "base/clock.h"

namespace tarsier::assemble {
namespace {

// OTLP span flags: the bit that says whether the next one means something, and that one.
constexpr uint32_t kSampled = 1, kHasIsRemote = 0x100, kIsRemote = 0x200;
constexpr int32_t kInfo = 9, kWarn = 13, kError = 17;  // OpenTelemetry severity numbers

// A number as text.
class Digits {
 public:
  explicit Digits(uint64_t value) { end_ = std::to_chars(text_, std::end(text_), value).ptr; }
  // With three decimals.
  static Digits thousandths(uint64_t value) {
    Digits out(value / 1000);
    *out.end_++ = '.';
    for (uint64_t unit : {100, 10, 1}) *out.end_++ = static_cast<char>('0' + value / unit % 10);
    return out;
  }
  operator std::string_view() const { return {text_, static_cast<size_t>(end_ - text_)}; }

 private:
  char text_[24];
  char* end_;
};

template <typename Writer>
void add(Writer& out, std::string_view key, std::string_view value) {
  if (!value.empty()) out.attribute(key, {value});
}

void add_url(const Exchange& e, wire::SpanWriter& out) {
  uint16_t port = e.host_port ? e.host_port : server_port(e);
  std::string_view host = server_address(e);
  bool v6 = host.find(':') != std::string_view::npos;
  bool named = port != 0 && port != 80;
  out.attribute("url.full", {"http://", v6 ? "[" : "", host, v6 ? "]" : "", named ? ":" : "",
                             named ? std::string_view(Digits(port)) : "", e.target});
}

template <typename Writer>
void add_sizes(const Exchange& e, Writer& out) {
  out.attribute("http.request.body.size", static_cast<int64_t>(e.request_body));
  out.attribute("http.response.body.size", static_cast<int64_t>(e.response_body));
}

bool rpc_failed(const Exchange& e) {
  return e.side == Side::kServer ? rpc_server_failed(e.rpc_status) : e.rpc_status > kRpcOk;
}

std::string_view why_unanswered(const Exchange& e) {
  return e.cut.empty() ? "connection_closed" : e.cut;
}

}  // namespace

std::string_view rpc_name(const Exchange& e) {
  return e.target.empty() ? "*" : e.path();
}

bool failed(const Exchange& e) {
  if (e.system == System::kGrpc) return rpc_failed(e);
  if (e.system != System::kHttp) return !e.error_code.empty();
  return e.unanswered() || e.status >= (e.side == Side::kServer ? 500 : 400);
}

std::string_view system_name(System system) {
  switch (system) {
    case System::kRedis:
      return "redis";
    case System::kPostgresql:
      return "postgresql";
    case System::kMysql:
      return "mysql";
    default:
      return {};
  }
}

std::string_view server_address(const Exchange& e) {
  if (e.side == Side::kServer) return e.local_address;
  return e.host.empty() ? e.peer_address : e.host;
}

uint16_t server_port(const Exchange& e) {
  return e.side == Side::kServer ? e.local_port : e.peer_port;
}

namespace {

void add_http(const Exchange& e, const RecordContext& context, wire::SpanWriter& out) {
  add(out, "http.request.method", e.method);
  if (e.status) out.attribute("http.response.status_code", e.status);
  add(out, "http.route", context.route);
  add(out, "url.scheme", "http");
  if (e.side == Side::kServer) {
    add(out, "client.address", e.peer_address);
    add(out, "url.path", e.path());
  } else if (!e.target.empty()) {
    add_url(e, out);
  }
  add(out, "url.query", e.query());
  add_sizes(e, out);
  if (e.unanswered()) add(out, "error.type", why_unanswered(e));
}

void add_rpc(const Exchange& e, wire::SpanWriter& out) {
  add(out, "rpc.method", rpc_name(e));
  add(out, "rpc.system.name", "grpc");
  add(out, "rpc.response.status_code", rpc_status_name(e.rpc_status));
  if (e.side == Side::kServer) add(out, "client.address", e.peer_address);
  if (e.unanswered()) add(out, "error.type", why_unanswered(e));
}

void add_database(const Exchange& e, wire::SpanWriter& out) {
  add(out, "db.system.name", system_name(e.system));
  add(out, "db.operation.name", e.method);
  add(out, "db.response.status_code", e.error_code);
  add(out, "error.type", e.error_code);
  add(out, "network.transport", "tcp");
}

void set_name(const Exchange& e, const RecordContext& context, wire::SpanWriter& out) {
  if (e.system == System::kHttp) {
    std::string_view method = e.method.empty() ? "HTTP" : std::string_view(e.method);
    out.name({method, context.route.empty() ? "" : " ", context.route});
  } else if (e.system == System::kGrpc) {
    out.name({rpc_name(e)});
  } else if (e.system == System::kOther) {
    std::string_view host = context.peer_service.empty() ? server_address(e) : context.peer_service;
    out.name({host, ":", Digits(server_port(e))});
  } else {
    out.name({e.method.empty() ? system_name(e.system) : e.method});
  }
}

}  // namespace

void write_span(const Exchange& e, const RecordContext& context, wire::SpanWriter& out) {
  const Node& node = *e.trace;
  const bool server = e.side == Side::kServer;
  out.begin();
  out.ids(node.trace_id, node.span_id, node.parent_id);
  if (!node.trace_state.empty()) out.trace_state(node.trace_state);
  set_name(e, context, out);
  out.kind(server ? model::SpanKind::kServer : model::SpanKind::kClient);
  out.times(static_cast<int64_t>(e.start_ns) + context.wall_offset_ns,
            static_cast<int64_t>(e.end_ns) + context.wall_offset_ns);
  if (e.system == System::kHttp) {
    add_http(e, context, out);
  } else if (e.system == System::kGrpc) {
    add_rpc(e, out);
  } else {
    add_database(e, out);
  }
  if (!server) {
    add(out, "service.peer.name", context.peer_service.empty() ? e.host : context.peer_service);
  }
  add(out, "server.address", server_address(e));
  if (uint16_t port = server_port(e)) out.attribute("server.port", port);
  if (failed(e)) {
    bool http = e.system == System::kHttp || e.system == System::kGrpc;
    bool closed = http && e.unanswered() && e.cut.empty();
    out.status(model::SpanStatus::kError, closed ? "the connection ended before an answer" : "");
  }
  out.flags(kSampled | kHasIsRemote | (node.parent_is_remote ? kIsRemote : 0));
  out.end();
}

void write_log(const Exchange& e, const RecordContext& context, wire::LogWriter& out) {
  const int64_t time_ns = static_cast<int64_t>(e.end_ns) + context.wall_offset_ns;
  const uint64_t duration_ns = e.end_ns - e.start_ns;
  out.begin();
  out.times(time_ns, time_ns);
  const bool rpc = e.system == System::kGrpc;
  if (failed(e)) {
    out.severity(kError, "ERROR");
  } else if (rpc ? e.rpc_status > kRpcOk : e.status >= 400) {
    out.severity(kWarn, "WARN");
  } else {
    out.severity(kInfo, "INFO");
  }
  const Digits milliseconds = Digits::thousandths((duration_ns + 500) / 1000);
  if (rpc) {
    std::string_view status = rpc_status_name(e.rpc_status);
    out.body({rpc_name(e), " ", status.empty() ? "-" : status, " ", milliseconds, "ms"});
    add(out, "rpc.method", rpc_name(e));
    add(out, "rpc.system.name", "grpc");
    add(out, "rpc.response.status_code", status);
  } else {
    out.body({e.method, " ", e.target, " ", Digits(static_cast<uint64_t>(e.status)), " ",
              milliseconds, "ms"});
    add(out, "http.request.method", e.method);
    if (e.status) out.attribute("http.response.status_code", e.status);
    add(out, "http.route", context.route);
    add(out, "url.path", e.path());
    add(out, "url.query", e.query());
  }
  out.attribute("duration_ms", static_cast<double>(duration_ns) / kMillisecond);
  add(out, "client.address", e.peer_address);
  if (!rpc) add_sizes(e, out);
  out.ids(e.trace->trace_id, e.trace->span_id);
  out.flags(e.trace->sampled ? kSampled : 0);
  out.end();
}

}  // namespace tarsier::assemble
