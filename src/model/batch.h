// What travels down the street: telemetry of all signals, grouped by who sent it.
#pragma once

#include <string>
#include <vector>

#include "model/labels.h"
#include "model/log_record.h"
#include "model/metric.h"
#include "model/resource.h"
#include "model/span.h"

namespace tarsier::model {

using ResourceSpans = Resourced<Span>;
using ResourceLogs = Resourced<LogRecord>;
using ResourceMetrics = Resourced<Metric>;

// Records of one signal that are OTLP bytes already: fields of an Export<Signal>ServiceRequest,
// well formed because this program wrote them. wire/otlp.h reads them back, for those few who must
// look.
struct Encoded {
  std::string otlp;
  size_t items = 0;
  bool operator==(const Encoded&) const = default;
};

struct Batch {
  std::string tenant;  // X-Scope-OrgID; empty is the default tenant
  std::vector<ResourceSpans> spans;
  std::vector<ResourceLogs> logs;
  std::vector<ResourceMetrics> metrics;
  std::vector<SeriesSamples> series;
  Encoded encoded_spans, encoded_logs;  // more of them, beside `spans` and `logs`

  // Spans + log records + metric data points + samples: the unit in which everything is counted.
  size_t items() const;
  bool empty() const { return items() == 0; }
};

}  // namespace tarsier::model
