// Door of wire: OTLP bytes to model and back, protobuf and JSON, as opentelemetry-proto 1.x has it.
// Nothing is lost: decode(encode(x)) == x for everything in model, but that JSON has one NaN only
// and no bytes in texts that are not UTF-8.
//
// Readers accept packed and unpacked numbers, unknown fields, and in JSON also the proto's own
// field names, enums by name, and numbers with or without quotes. Messages nest kNestingMax deep,
// and a batch takes at most kGrowthMax times the memory that its bytes take.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::wire {

inline constexpr size_t kNestingMax = 100;
inline constexpr size_t kGrowthMax = 32;

enum class Encoding { kProtobuf, kJson };
enum class Signal { kTraces, kMetrics, kLogs };

// An Export<Signal>ServiceRequest (the same bytes as TracesData, MetricsData, LogsData) into the
// batch's part for that signal. kInvalid names the field:
// "resourceSpans[0].scopeSpans[0].spans[3].traceId: 5 bytes, expected 16 or none".
Result<model::Batch> decode_otlp(Signal signal, Encoding encoding, std::string_view bytes);

// The batch's part for that signal as an Export<Signal>ServiceRequest; its encoded records too.
std::string encode_otlp(Signal signal, Encoding encoding, const model::Batch& batch);

// What a receiver did not take, and why. Not to be sent again.
struct PartialSuccess {
  int64_t rejected = 0;  // spans, data points or log records
  std::string message;
};

// Export<Signal>ServiceResponse; partial_success is there when one of its fields is.
std::string encode_otlp_response(Signal signal, Encoding encoding, const PartialSuccess& partial);
Result<PartialSuccess> decode_otlp_response(Signal signal, Encoding encoding,
                                            std::string_view bytes);

// google.rpc.Status, the body of an OTLP/HTTP error.
std::string encode_rpc_status(Encoding encoding, int grpc_code, std::string_view message);

}  // namespace tarsier::wire
