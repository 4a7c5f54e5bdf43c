// A batch as one log record's payload: each signal in its own section, OTLP protobuf for spans,
// logs and metrics, remote write for series. The stores keep the same bytes in their blocks, so a
// batch is encoded once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::store {

struct Sections {
  std::string spans, logs, metrics, series;
  size_t bytes() const { return spans.size() + logs.size() + metrics.size() + series.size(); }
};

Sections encode_sections(const model::Batch& batch);
Result<model::Batch> decode_sections(const Sections& sections);

// The payload and its record flags. Small payloads are not compressed: it would not pay.
struct Payload {
  std::string bytes;
  uint16_t flags = 0;
};
Payload encode_payload(std::string_view tenant, const Sections& sections);

struct DecodedPayload {
  std::string tenant;
  Sections sections;
};
Result<DecodedPayload> decode_payload(std::string_view bytes, uint16_t flags);

}  // namespace tarsier::store
