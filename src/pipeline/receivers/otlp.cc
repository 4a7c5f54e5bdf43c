// OTLP/HTTP and OTLP/gRPC: opentelemetry-proto's specification, sections "OTLP/HTTP" and
// "OTLP/gRPC".
#include <fmt/format.h>

#include "base/error_map.h"
#include "pipeline/pipeline.h"
#include "pipeline/receivers/receive.h"
#include "wire/otlp.h"

namespace tarsier::pipeline {
namespace {

using wire::Encoding;
using wire::Signal;

wire::PartialSuccess partial_success(const Receipt& receipt) {
  return {static_cast<int64_t>(receipt.rejected + receipt.deferred), receipt.error.message};
}

// Sending again means sending everything again, so it is asked for only when nothing was taken.
bool ask_to_send_again(const Receipt& receipt) {
  return receipt.deferred > 0 && receipt.taken == 0;
}

const char* content_type(Encoding encoding) {
  return encoding == Encoding::kProtobuf ? "application/x-protobuf" : "application/json";
}

net::Response failure(Encoding encoding, int status, const Error& error) {
  net::Response response;
  response.status = status;
  response.content_type = content_type(encoding);
  response.body = wire::encode_rpc_status(encoding, grpc_status(error.code), error.message);
  return response;
}

net::Response receive_http(Signal signal, const net::Request& request, model::Sink& sink) {
  static ReceiverCounters counters("otlp_http");
  std::string type = media_type(request);
  if (type != "application/x-protobuf" && type != "application/json") {
    counters.undecodable.add();
    return net::text_response(
        415, fmt::format("Content-Type \"{}\" is not OTLP/HTTP; send application/x-protobuf or "
                         "application/json",
                         type));
  }
  Encoding encoding = type == "application/json" ? Encoding::kJson : Encoding::kProtobuf;
  std::string storage;
  Result<model::Batch> batch = model::Batch();
  if (auto body = unpacked_body(request, storage)) {
    batch = wire::decode_otlp(signal, encoding, *body);
  } else {
    batch = Error(body.error());
  }
  if (!batch) {
    counters.undecodable.add();
    return failure(encoding, http_status(batch.error().code), batch.error());
  }
  batch->tenant = request.tenant;
  Receipt receipt = deliver(sink, std::move(*batch), counters);
  if (ask_to_send_again(receipt)) {
    net::Response response = failure(encoding, http_status(receipt.error.code), receipt.error);
    add_retry_after(response, receipt);
    return response;
  }
  net::Response response;
  response.content_type = content_type(encoding);
  response.body = wire::encode_otlp_response(signal, encoding, partial_success(receipt));
  return response;
}

Result<std::string> receive_grpc(Signal signal, const net::GrpcRequest& request,
                                 model::Sink& sink) {
  static ReceiverCounters counters("otlp_grpc");
  auto batch = wire::decode_otlp(signal, Encoding::kProtobuf, request.message);
  if (!batch) {
    counters.undecodable.add();
    return Error(batch.error());
  }
  batch->tenant = request.tenant;
  Receipt receipt = deliver(sink, std::move(*batch), counters);
  // Senders retry UNAVAILABLE by themselves, but RESOURCE_EXHAUSTED only with a RetryInfo.
  if (ask_to_send_again(receipt)) return Error{Code::kUnavailable, receipt.error.message};
  return wire::encode_otlp_response(signal, Encoding::kProtobuf, partial_success(receipt));
}

}  // namespace

void add_otlp_http(net::Router& router, model::Sink& sink) {
  auto add = [&](const char* path, Signal signal) {
    router.add("POST", path, [signal, &sink](const net::Request& request) {
      return receive_http(signal, request, sink);
    });
  };
  add("/v1/traces", Signal::kTraces);
  add("/v1/metrics", Signal::kMetrics);
  add("/v1/logs", Signal::kLogs);
}

void add_otlp_grpc(net::GrpcService& service, model::Sink& sink) {
  auto add = [&](const char* method, Signal signal) {
    service[method] = [signal, &sink](const net::GrpcRequest& request) {
      return receive_grpc(signal, request, sink);
    };
  };
  add("/opentelemetry.proto.collector.trace.v1.TraceService/Export", Signal::kTraces);
  add("/opentelemetry.proto.collector.metrics.v1.MetricsService/Export", Signal::kMetrics);
  add("/opentelemetry.proto.collector.logs.v1.LogsService/Export", Signal::kLogs);
}

}  // namespace tarsier::pipeline
