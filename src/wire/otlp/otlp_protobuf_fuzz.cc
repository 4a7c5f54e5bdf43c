// The first byte chooses the signal. What was read is written and read again: it stays the same. A
// glance at what was written sees every span.
#include <cstdlib>

#include "wire/otlp.h"
#include "wire/otlp_records.h"

using namespace tarsier;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  auto signal = static_cast<wire::Signal>(data[0] % 3);
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  (void)wire::decode_otlp_response(signal, wire::Encoding::kProtobuf, bytes);
  auto batch = wire::decode_otlp(signal, wire::Encoding::kProtobuf, bytes);
  if (!batch) return 0;
  std::string written = wire::encode_otlp(signal, wire::Encoding::kProtobuf, *batch);
  auto again = wire::decode_otlp(signal, wire::Encoding::kProtobuf, written);
  if (!again) std::abort();
  bool same = again->spans == batch->spans && again->logs == batch->logs &&
              again->metrics == batch->metrics;
  if (!same) std::abort();
  (void)wire::encode_otlp(signal, wire::Encoding::kJson, *batch);
  size_t records = 0, glances = 0;
  for (const auto& resource : batch->spans) {
    for (const auto& scope : resource.scopes) records += scope.records.size();
  }
  auto glanced = wire::glance_spans(
      signal == wire::Signal::kTraces ? written : "", [](const auto&, const auto&) {},
      [&](const auto&) { glances++; });
  if (!glanced || glances != records) std::abort();
  return 0;
}
