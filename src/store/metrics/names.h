// OpenTelemetry names to Prometheus names (UnderscoreEscapingWithSuffixes, or without suffixes).
#pragma once

#include <string>
#include <string_view>

#include "model/labels.h"
#include "model/metric.h"
#include "model/resource.h"

namespace tarsier::store {

enum class MetricKind { kGauge, kCounter, kUpDownCounter, kHistogram, kSummary };

// http.server.request.duration, s -> http_server_request_duration_seconds. Empty for an empty name.
std::string prometheus_name(std::string_view name, std::string_view unit, MetricKind kind,
                            bool suffixes);
// seconds, bytes, requests_per_second: the unit as metadata shows it.
std::string prometheus_unit(std::string_view unit);
// deployment.environment -> deployment_environment, 1x -> key_1x, _x -> key_x.
std::string prometheus_label(std::string_view key);

// Attributes as labels, values as strings; those that share a name are joined by ';'.
void append_labels(model::Labels& labels, const model::Attributes& attributes);

// What every series of a resource carries: service_name, service_namespace, job, instance.
model::Labels resource_labels(const model::Resource& resource);
// target_info: the labels above and all the other resource attributes. Empty when there is no
// job or instance, or nothing else to tell.
model::Labels target_info_labels(const model::Resource& resource);

// 0.005, 1, 10, +Inf: never an exponent.
std::string bound_label(double bound);

}  // namespace tarsier::store
