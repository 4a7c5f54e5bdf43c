// Spans a second, one core: spans with eight attributes, as an SDK's batch has them.
#include <benchmark/benchmark.h>

#include "wire/otlp.h"

namespace tarsier::wire {
namespace {

model::Batch typical_batch(int spans) {
  model::Batch batch;
  auto& resource = batch.spans.emplace_back();
  resource.resource.attributes = {{"service.name", {std::string("checkout")}},
                                  {"telemetry.sdk.language", {std::string("go")}}};
  auto& scope = resource.scopes.emplace_back();
  scope.scope.name = "net/http";
  for (int i = 0; i < spans; i++) {
    model::Span& span = scope.records.emplace_back();
    for (auto& byte : span.trace_id.bytes) byte = static_cast<uint8_t>(i + 1);
    for (auto& byte : span.span_id.bytes) byte = static_cast<uint8_t>(i + 3);
    span.name = "GET /api/user/{id}/balance";
    span.kind = model::SpanKind::kServer;
    span.start_ns = 1'700'000'000'000'000'000 + i;
    span.end_ns = span.start_ns + 1'234'567;
    span.attributes = {{"http.request.method", {std::string("GET")}},
                       {"http.route", {std::string("/api/user/{id}/balance")}},
                       {"url.path", {std::string("/api/user/17/balance")}},
                       {"url.scheme", {std::string("http")}},
                       {"http.response.status_code", {int64_t{200}}},
                       {"server.address", {std::string("10.1.2.3")}},
                       {"server.port", {int64_t{8080}}},
                       {"network.protocol.version", {std::string("1.1")}}};
  }
  return batch;
}

constexpr int kSpans = 512;

void finish(benchmark::State& state, size_t bytes) {
  state.SetItemsProcessed(state.iterations() * kSpans);
  state.SetBytesProcessed(state.iterations() * static_cast<int64_t>(bytes));
}

void decode(benchmark::State& state, Encoding encoding) {
  std::string bytes = encode_otlp(Signal::kTraces, encoding, typical_batch(kSpans));
  for (auto _ : state) benchmark::DoNotOptimize(decode_otlp(Signal::kTraces, encoding, bytes));
  finish(state, bytes.size());
}

void encode(benchmark::State& state, Encoding encoding) {
  model::Batch batch = typical_batch(kSpans);
  size_t size = 0;
  for (auto _ : state) {
    std::string bytes = encode_otlp(Signal::kTraces, encoding, batch);
    size = bytes.size();
    benchmark::DoNotOptimize(bytes);
  }
  finish(state, size);
}

BENCHMARK_CAPTURE(decode, protobuf, Encoding::kProtobuf);
BENCHMARK_CAPTURE(encode, protobuf, Encoding::kProtobuf);
BENCHMARK_CAPTURE(decode, json, Encoding::kJson);
BENCHMARK_CAPTURE(encode, json, Encoding::kJson);

}  // namespace
}  // namespace tarsier::wire
