#include "store/events/log_labels.h"

#include <algorithm>
#include <array>

#include "store/events/level.h"

namespace tarsier::store {
namespace {

// Resource attributes that Loki indexes. service.instance.id is not among them: a stream for each
// process id would fill the index with streams of a few lines.
constexpr std::array<std::string_view, 17> kIndexed = {"service.name",
                                                       "service.namespace",
                                                       "deployment.environment",
                                                       "deployment.environment.name",
                                                       "cloud.region",
                                                       "cloud.availability_zone",
                                                       "k8s.cluster.name",
                                                       "k8s.namespace.name",
                                                       "k8s.pod.name",
                                                       "k8s.container.name",
                                                       "container.name",
                                                       "k8s.replicaset.name",
                                                       "k8s.deployment.name",
                                                       "k8s.statefulset.name",
                                                       "k8s.daemonset.name",
                                                       "k8s.cronjob.name",
                                                       "k8s.job.name"};

// Where Loki looks for a service name when nobody says it.
constexpr std::array<std::string_view, 13> kServiceNames = {"service",
                                                            "app",
                                                            "application",
                                                            "app_name",
                                                            "name",
                                                            "app_kubernetes_io_name",
                                                            "container",
                                                            "container_name",
                                                            "k8s_container_name",
                                                            "component",
                                                            "workload",
                                                            "job",
                                                            "k8s_job_name"};

// As Loki's OTLP endpoint does it: what is not a letter, digit or '_' becomes '_'.
std::string label_name(std::string_view key) {
  std::string out(key);
  for (char& c : out) {
    bool good = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    if (!good) c = '_';
  }
  if (!out.empty() && out[0] >= '0' && out[0] <= '9') out.insert(0, "key_");
  return out;
}

bool indexed(std::string_view key) {
  return std::find(kIndexed.begin(), kIndexed.end(), key) != kIndexed.end();
}

// Maps are flattened with '_', everything else becomes a string.
void append(model::Labels& labels, std::string_view name, const model::Value& value) {
  if (const auto* map = std::get_if<model::KeyValueList>(&value.data)) {
    for (const model::KeyValue& kv : map->entries) {
      append(labels, std::string(name) + "_" + label_name(kv.key), kv.value);
    }
    return;
  }
  labels.push_back({std::string(name), model::to_string(value)});
}

void append(model::Labels& labels, const model::Attributes& attributes) {
  for (const model::KeyValue& kv : attributes) append(labels, label_name(kv.key), kv.value);
}

void append_number(model::Labels& labels, const char* name, uint64_t value) {
  if (value != 0) labels.push_back({name, std::to_string(value)});
}

std::string discovered_service(const model::Resource& resource) {
  for (std::string_view candidate : kServiceNames) {
    for (const model::KeyValue& kv : resource.attributes) {
      if (label_name(kv.key) != candidate) continue;
      std::string value = model::to_string(kv.value);
      if (!value.empty()) return value;
    }
  }
  return "unknown_service";
}

}  // namespace

model::Labels stream_labels(const model::Resource& resource, bool native) {
  model::Labels labels;
  for (const model::KeyValue& kv : resource.attributes) {
    if (native) {
      labels.push_back({kv.key, model::to_string(kv.value)});
    } else if (indexed(kv.key)) {
      labels.push_back({label_name(kv.key), model::to_string(kv.value)});
    }
  }
  if (model::get(labels, "service_name").empty()) {
    labels.push_back({"service_name", discovered_service(resource)});
  }
  model::normalise(labels);
  return labels;
}

model::Labels structured_metadata(const model::Labels& stream, const model::Resource& resource,
                                  const model::Scope& scope, const model::LogRecord& record,
                                  bool native, std::string_view line) {
  model::Labels labels;
  labels.reserve(record.attributes.size() + 8);
  append(labels, record.attributes);
  if (record.trace_id) labels.push_back({"trace_id", record.trace_id.hex()});
  if (record.span_id) labels.push_back({"span_id", record.span_id.hex()});
  if (!record.severity_text.empty()) labels.push_back({"severity_text", record.severity_text});
  if (!record.event_name.empty()) labels.push_back({"event_name", record.event_name});
  append_number(labels, "flags", record.flags);
  append_number(labels, "dropped_attributes_count", record.dropped_attributes);
  append_number(labels, "severity_number", static_cast<uint32_t>(record.severity_number));
  if (!native) {
    if (record.observed_time_ns) {
      labels.push_back({"observed_timestamp", std::to_string(record.observed_time_ns)});
    }
    if (!scope.name.empty()) labels.push_back({"scope_name", scope.name});
    if (!scope.version.empty()) labels.push_back({"scope_version", scope.version});
    append_number(labels, "scope_dropped_attributes_count", scope.dropped_attributes);
    append(labels, scope.attributes);
    for (const model::KeyValue& kv : resource.attributes) {
      if (!indexed(kv.key)) append(labels, label_name(kv.key), kv.value);
    }
  }
  model::normalise(labels);
  if (model::get(labels, "detected_level").empty()) {
    labels.push_back({"detected_level", detected_level(stream, labels, record, line)});
    model::normalise(labels);
  }
  return labels;
}

}  // namespace tarsier::store
