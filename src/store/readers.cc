#include "store/readers.h"

#include <set>

namespace tarsier::store {

Status TenantMetricsReader::select(const MetricsSelect& select,
                                   const std::function<Status(const SeriesView&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  return tenant->metrics.select(select, visit);
}

Status TenantMetricsReader::series(const MetricsSelect& select,
                                   const std::function<Status(const model::Labels&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  TRY(auto found, tenant->metrics.series(select));
  for (const auto& series : found) TRY_STATUS(visit(series->labels()));
  return {};
}

Result<std::vector<std::string>> TenantMetricsReader::label_names(
    const MetricsSelect& select) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return std::vector<std::string>();
  return tenant->metrics.label_names(select);
}

Result<std::vector<std::string>> TenantMetricsReader::label_values(const MetricsSelect& select,
                                                                   std::string_view name) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return std::vector<std::string>();
  return tenant->metrics.label_values(select, name);
}

Result<std::vector<MetricMetadata>> TenantMetricsReader::metadata(const std::string& name) const {
  const Tenant* tenant = tenants_.find(name);
  if (!tenant) return std::vector<MetricMetadata>();
  return tenant->metrics.metadata();
}

Status TenantMetricsReader::exemplars(
    const MetricsSelect& select,
    const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  return tenant->metrics.exemplars(select, visit);
}

Status TenantMetricsReader::export_otlp(const std::string& name, const TimeRange& range,
                                        const std::function<Status(model::Batch&&)>& visit) const {
  const Tenant* tenant = tenants_.find(name);
  if (!tenant) return {};
  return tenant->metrics.export_otlp(range, [&](model::Batch&& batch) {
    batch.tenant = name;
    return visit(std::move(batch));
  });
}

Status TenantEventsReader::logs(const LogSelect& select,
                                const std::function<Status(const LogRow&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  return tenant->logs.logs(select, visit);
}

Status TenantEventsReader::streams(const LogSelect& select,
                                   const std::function<Status(const model::Labels&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  TRY(auto found, tenant->logs.streams(select));
  for (const model::Labels& stream : found) TRY_STATUS(visit(stream));
  return {};
}

Result<std::vector<std::string>> TenantEventsReader::log_label_names(
    const LogSelect& select) const {
  std::set<std::string> names;
  TRY_STATUS(streams(select, [&](const model::Labels& stream) -> Status {
    for (const model::Label& label : stream) names.insert(label.name);
    return {};
  }));
  return std::vector<std::string>(names.begin(), names.end());
}

Result<std::vector<std::string>> TenantEventsReader::log_label_values(const LogSelect& select,
                                                                      std::string_view name) const {
  std::set<std::string> values;
  TRY_STATUS(streams(select, [&](const model::Labels& stream) -> Status {
    std::string_view value = model::get(stream, name);
    if (!value.empty()) values.emplace(value);
    return {};
  }));
  return std::vector<std::string>(values.begin(), values.end());
}

Status TenantEventsReader::trace(const std::string& name, const model::TraceId& id,
                                 const std::function<Status(const TraceView&)>& visit) const {
  const Tenant* tenant = tenants_.find(name);
  if (!tenant) return not_found("trace " + id.hex() + " is not known");
  return tenant->spans.trace(id, visit);
}

Status TenantEventsReader::traces(const TraceSelect& select,
                                  const std::function<Status(const TraceView&)>& visit) const {
  const Tenant* tenant = tenants_.find(select.tenant);
  if (!tenant) return {};
  return tenant->spans.traces(select, visit);
}

Status TenantEventsReader::export_otlp(const std::string& name, const TimeRange& range,
                                       const std::function<Status(model::Batch&&)>& visit) const {
  const Tenant* tenant = tenants_.find(name);
  if (!tenant) return {};
  auto named = [&](model::Batch&& batch) {
    batch.tenant = name;
    return visit(std::move(batch));
  };
  TRY_STATUS(tenant->spans.export_otlp(range, named));
  return tenant->logs.export_otlp(range, named);
}

}  // namespace tarsier::store
