// Loki push and Prometheus remote write. A sender may repeat a push: the same line or sample twice
// is one. So whenever a part has to come again, the whole is asked for.
#include <fmt/format.h>

#include "base/error_map.h"
#include "pipeline/pipeline.h"
#include "pipeline/receivers/receive.h"
#include "wire/compress.h"
#include "wire/push.h"

namespace tarsier::pipeline {
namespace {

net::Response answer(const Receipt& receipt) {
  if (receipt.rejected + receipt.deferred == 0) return {.status = 204, .content_type = {}};
  net::Response response =
      net::text_response(http_status(receipt.error.code), receipt.error.message);
  if (receipt.deferred > 0) add_retry_after(response, receipt);
  return response;
}

net::Response undecodable(ReceiverCounters& counters, const Error& error) {
  counters.undecodable.add();
  int status = error.code == Code::kUnsupported     ? 415
               : error.code == Code::kLimitExceeded ? 413
                                                    : http_status(error.code);
  return net::text_response(status, error.message);
}

// Protobuf pushes are snappy's block format, whether or not a Content-Encoding says so.
Result<model::Batch> decode_loki(const net::Request& request) {
  std::string type = media_type(request), storage;
  if (type == "application/x-protobuf") {
    TRY(storage, wire::unsnappy(request.body, kBodyBytesMax));
    return wire::decode_loki_push_protobuf(storage);
  }
  if (type != "application/json") {
    return unsupported(fmt::format(
        "Content-Type \"{}\" is not a Loki push; send application/json or application/x-protobuf",
        type));
  }
  TRY(std::string_view body, unpacked_body(request, storage));
  return wire::decode_loki_push_json(body);
}

Result<model::Batch> decode_write(const net::Request& request) {
  std::string_view type = net::find_header(request.headers, "Content-Type");
  if (media_type(request) != "application/x-protobuf" ||
      type.find("write.v2") != std::string_view::npos) {
    return unsupported(fmt::format(
        "Content-Type \"{}\" is not remote write 1.0; send application/x-protobuf, in Prometheus: "
        "remote_write.protobuf_message: prometheus.WriteRequest",
        type));
  }
  TRY(std::string body, wire::unsnappy(request.body, kBodyBytesMax));
  return wire::decode_remote_write(body);
}

}  // namespace

void add_loki_push(net::Router& router, model::Sink& sink) {
  router.add("POST", "/loki/api/v1/push", [&sink](const net::Request& request) {
    static ReceiverCounters counters("loki");
    auto batch = decode_loki(request);
    if (!batch) return undecodable(counters, batch.error());
    batch->tenant = request.tenant;
    return answer(deliver(sink, std::move(*batch), counters));
  });
}

void add_remote_write(net::Router& router, model::Sink& sink) {
  auto handler = [&sink](const net::Request& request) {
    static ReceiverCounters counters("remote_write");
    auto batch = decode_write(request);
    if (!batch) return undecodable(counters, batch.error());
    batch->tenant = request.tenant;
    Receipt receipt = deliver(sink, std::move(*batch), counters);
    net::Response response = answer(receipt);
    response.headers.emplace_back("X-Prometheus-Remote-Write-Samples-Written",
                                  std::to_string(receipt.taken));
    response.headers.emplace_back("X-Prometheus-Remote-Write-Histograms-Written", "0");
    response.headers.emplace_back("X-Prometheus-Remote-Write-Exemplars-Written", "0");
    return response;
  };
  router.add("POST", "/api/v1/write", handler);
  router.add("POST", "/api/v1/push", handler);
}

}  // namespace tarsier::pipeline
