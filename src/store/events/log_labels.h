// How an OTLP log record looks to Loki: which attributes are index labels, which are structured
// metadata, and what the line and its level are.
#pragma once

#include <string>
#include <string_view>

#include "model/batch.h"

namespace tarsier::store {

// Index labels of the records of one resource. `native`: they came by Loki's push API, the
// resource's attributes are the stream's labels.
model::Labels stream_labels(const model::Resource& resource, bool native);

// Everything else that is known of a record, detected_level included. `stream` are its index
// labels.
model::Labels structured_metadata(const model::Labels& stream, const model::Resource& resource,
                                  const model::Scope& scope, const model::LogRecord& record,
                                  bool native, std::string_view line);

// When it happened, else when it was first seen.
inline int64_t effective_time(int64_t time_ns, int64_t observed_ns) {
  return time_ns ? time_ns : observed_ns;
}
inline int64_t effective_time(const model::LogRecord& record) {
  return effective_time(record.time_ns, record.observed_time_ns);
}

}  // namespace tarsier::store
