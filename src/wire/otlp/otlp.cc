#include "wire/otlp.h"

#include "wire/otlp/json_emitter.h"
#include "wire/otlp/json_reader.h"
#include "wire/otlp/protobuf_reader.h"
#include "wire/otlp/protobuf_writer.h"
#include "wire/otlp/schema.h"

namespace tarsier::wire {
namespace {

constexpr size_t kKeptParserBytes = 1 << 20;  // a parser that has read more is not kept

template <typename List, typename T>
void decode_protobuf(List list, std::string_view bytes, DecodeState& state, T& out) {
  ProtobufReader(state).message(list, protozero::pbf_reader(bytes.data(), bytes.size()), out);
}

template <typename List, typename T>
void decode_json(List list, std::string_view bytes, DecodeState& state, T& out) {
  thread_local simdjson::ondemand::parser kept;
  simdjson::ondemand::parser fresh;
  auto& parser = bytes.size() > kKeptParserBytes ? fresh : kept;
  simdjson::padded_string padded(bytes);
  simdjson::ondemand::document document = parser.iterate(padded);
  JsonReader(state).message(list, document.get_object(), out);
  bool at_end = document.current_location().error() == simdjson::OUT_OF_BOUNDS;
  if (!at_end) throw DecodeError{"text after the end of the document"};
}

template <typename T, typename List>
Result<T> decode(List list, Encoding encoding, std::string_view bytes) {
  DecodeState state(bytes.size());
  std::string what;
  T out;
  try {
    if (encoding == Encoding::kProtobuf) {
      decode_protobuf(list, bytes, state, out);
    } else {
      decode_json(list, bytes, state, out);
    }
    return out;
  } catch (const DecodeError& error) {
    what = error.message;
  } catch (const protozero::exception& error) {
    what = std::string("not protobuf: ") + error.what();
  } catch (const simdjson::simdjson_error& error) {
    what = std::string("not OTLP JSON: ") + error.what();
  }
  std::string path = state.path();
  return invalid(path.empty() ? what : path + ": " + what);
}

template <typename List, typename T>
std::string encode(List list, Encoding encoding, const T& object) {
  if (encoding == Encoding::kProtobuf) {
    thread_local ProtobufWriter writer;
    writer.message(list, object);
    return writer.take();
  }
  std::string out;
  JsonEmitter(out).message(list, object);
  return out;
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
  switch (signal) {
    case Signal::kTraces:
      return encode(TracesRequest{}, encoding, batch);
    case Signal::kMetrics:
      return encode(MetricsRequest{}, encoding, batch);
    case Signal::kLogs:
      return encode(LogsRequest{}, encoding, batch);
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
