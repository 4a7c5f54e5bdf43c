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

struct Batch {
  std::string tenant;  // X-Scope-OrgID; empty is the default tenant
  std::vector<ResourceSpans> spans;
  std::vector<ResourceLogs> logs;
  std::vector<ResourceMetrics> metrics;
  std::vector<SeriesSamples> series;

  // Spans + log records + metric data points + samples: the unit in which everything is counted.
  size_t items() const;
  bool empty() const { return items() == 0; }
};

}  // namespace tarsier::model
