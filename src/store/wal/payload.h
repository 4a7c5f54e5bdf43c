// A batch as one log record's payload: each signal in its own section, OTLP protobuf for spans,
// logs and metrics, remote write for series, compressed by itself. The stores keep the same bytes
// in their blocks, so a batch is encoded and, when large, compressed once.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::store {

struct Section {
  std::string raw;
  std::string frame;  // the same as a zstd frame; empty when that would not pay
  size_t bytes() const { return raw.size() + frame.size(); }
  bool empty() const { return raw.empty(); }
};

struct Sections {
  Section spans, logs, metrics, series;
  size_t bytes() const { return spans.bytes() + logs.bytes() + metrics.bytes() + series.bytes(); }
};

// Takes the batch's encoded records, where it can.
Sections encode_sections(model::Batch& batch);
Result<model::Batch> decode_sections(const Sections& sections);
// Metrics and series only: spans and logs are kept as bytes.
Result<model::Batch> decode_metrics(const Sections& sections);

std::string encode_payload(std::string_view tenant, const Sections& sections);

struct DecodedPayload {
  std::string tenant;
  Sections sections;
};
Result<DecodedPayload> decode_payload(std::string_view bytes);

}  // namespace tarsier::store
