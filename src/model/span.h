// A span: one operation of one service, and where it stands in its trace.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/value.h"

namespace tarsier::model {

enum class SpanKind { kUnspecified, kInternal, kServer, kClient, kProducer, kConsumer };
enum class SpanStatus { kUnset, kOk, kError };

struct SpanEvent {
  int64_t time_ns = 0;
  std::string name;
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  bool operator==(const SpanEvent&) const = default;
};

struct SpanLink {
  TraceId trace_id;
  SpanId span_id;
  std::string trace_state;
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  uint32_t flags = 0;
  bool operator==(const SpanLink&) const = default;
};

// Times are nanoseconds since the Unix epoch. Field meanings are OTLP's.
struct Span {
  TraceId trace_id;
  SpanId span_id;
  SpanId parent_span_id;
  std::string trace_state;
  uint32_t flags = 0;  // W3C trace flags in the low 8 bits
  std::string name;
  SpanKind kind = SpanKind::kUnspecified;
  int64_t start_ns = 0;
  int64_t end_ns = 0;
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  std::vector<SpanEvent> events;
  uint32_t dropped_events = 0;
  std::vector<SpanLink> links;
  uint32_t dropped_links = 0;
  SpanStatus status = SpanStatus::kUnset;
  std::string status_message;
  bool operator==(const Span&) const = default;
};

}  // namespace tarsier::model
