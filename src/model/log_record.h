// A log record. Field meanings are OTLP's.
#pragma once

#include <cstdint>
#include <string>

#include "model/ids.h"
#include "model/value.h"

namespace tarsier::model {

struct LogRecord {
  int64_t time_ns = 0;           // since the Unix epoch; 0 when the source did not say
  int64_t observed_time_ns = 0;  // when the collector first saw it
  int32_t severity_number = 0;   // 1 (trace) to 24 (fatal4); 0 unspecified
  std::string severity_text;
  Value body;
  Attributes attributes;
  uint32_t dropped_attributes = 0;
  uint32_t flags = 0;
  TraceId trace_id;
  SpanId span_id;
  std::string event_name;
  bool operator==(const LogRecord&) const = default;
};

}  // namespace tarsier::model
