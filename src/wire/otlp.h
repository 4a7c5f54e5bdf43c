// Door of wire: OTLP bytes to model and back, protobuf and JSON. Field numbers follow
// opentelemetry-proto 1.x. Nothing is lost: decode(encode(x)) == x for everything in model.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::wire {

enum class Encoding { kProtobuf, kJson };
enum class Signal { kTraces, kMetrics, kLogs };

// An Export<Signal>ServiceRequest (the same bytes as TracesData, MetricsData, LogsData) into the
// batch's part for that signal. kInvalid names the field and where; unknown fields are skipped.
Result<model::Batch> decode_otlp(Signal signal, Encoding encoding, std::string_view bytes);

// The batch's part for that signal as an Export<Signal>ServiceRequest.
std::string encode_otlp(Signal signal, Encoding encoding, const model::Batch& batch);

// Export<Signal>ServiceResponse, with partial_success when something was refused.
std::string encode_otlp_response(Signal signal, Encoding encoding, size_t rejected,
                                 std::string_view message);

// google.rpc.Status, the body of an OTLP/HTTP error.
std::string encode_rpc_status(Encoding encoding, int grpc_code, std::string_view message);

}  // namespace tarsier::wire
