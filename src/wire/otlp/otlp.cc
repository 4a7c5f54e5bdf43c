#include "wire/otlp.h"

#include "wire/codec/json.h"
#include "wire/codec/protobuf.h"
#include "wire/otlp/schema.h"
#include "wire/otlp_records.h"

namespace tarsier::wire {
namespace {

template <typename T, typename List>
Result<T> decode(List list, Encoding encoding, std::string_view bytes) {
  return encoding == Encoding::kProtobuf ? decode_protobuf<T>(list, bytes)
                                         : decode_json<T>(list, bytes);
}

template <typename List, typename T>
std::string encode(List list, Encoding encoding, const T& object) {
  return encoding == Encoding::kProtobuf ? encode_protobuf(list, object)
                                         : encode_json(list, object);
}

// Protobuf reads messages that stand one behind the other as one.
template <typename List>
std::string encode_request(List list, Encoding encoding, const model::Batch& batch,
                           const model::Encoded& encoded) {
  std::string request = encode(list, encoding, batch);
  return request.empty() ? encoded.otlp : std::move(request += encoded.otlp);
}

}  // namespace

Result<model::Batch> decode_otlp(Signal signal, Encoding encoding, std::string_view bytes) {
  switch (signal) {
    case Signal::kTraces:
      return decode<model::Batch>(TracesRequest{}, encoding, bytes);
    case Signal::kMetrics:
      return decode<model::Batch>(MetricsRequest{}, encoding, bytes);
    case Signal::kLogs:
      return decode<model::Batch>(LogsRequest{}, encoding, bytes);
  }
  return internal("unknown signal");
}

std::string encode_otlp(Signal signal, Encoding encoding, const model::Batch& batch) {
  if (encoding == Encoding::kJson && batch.encoded_spans.items + batch.encoded_logs.items > 0) {
    model::Batch decoded = batch;
    if (decode_records(decoded)) return encode_otlp(signal, encoding, decoded);
  }
  switch (signal) {
    case Signal::kTraces:
      return encode_request(TracesRequest{}, encoding, batch, batch.encoded_spans);
    case Signal::kMetrics:
      return encode(MetricsRequest{}, encoding, batch);
    case Signal::kLogs:
      return encode_request(LogsRequest{}, encoding, batch, batch.encoded_logs);
  }
  return {};
}

std::string encode_otlp_response(Signal signal, Encoding encoding, const PartialSuccess& partial) {
  switch (signal) {
    case Signal::kTraces:
      return encode(TracesResponse{}, encoding, partial);
    case Signal::kMetrics:
      return encode(MetricsResponse{}, encoding, partial);
    case Signal::kLogs:
      return encode(LogsResponse{}, encoding, partial);
  }
  return {};
}

Result<PartialSuccess> decode_otlp_response(Signal signal, Encoding encoding,
                                            std::string_view bytes) {
  switch (signal) {
    case Signal::kTraces:
      return decode<PartialSuccess>(TracesResponse{}, encoding, bytes);
    case Signal::kMetrics:
      return decode<PartialSuccess>(MetricsResponse{}, encoding, bytes);
    case Signal::kLogs:
      return decode<PartialSuccess>(LogsResponse{}, encoding, bytes);
  }
  return internal("unknown signal");
}

std::string encode_rpc_status(Encoding encoding, int grpc_code, std::string_view message) {
  return encode(RpcStatusFields{}, encoding, RpcStatus{grpc_code, std::string(message)});
}

}  // namespace tarsier::wire
