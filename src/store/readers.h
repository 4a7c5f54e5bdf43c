// The doors' readers over the tenants. A tenant that nobody wrote to is empty, not an error.
#pragma once

#include "store/tenant.h"

namespace tarsier::store {

class TenantMetricsReader : public MetricsReader {
 public:
  explicit TenantMetricsReader(const Tenants& tenants) : tenants_(tenants) {}
  Status select(const MetricsSelect& select,
                const std::function<Status(const SeriesView&)>& visit) const override;
  Status series(const MetricsSelect& select,
                const std::function<Status(const model::Labels&)>& visit) const override;
  Result<std::vector<std::string>> label_names(const MetricsSelect& select) const override;
  Result<std::vector<std::string>> label_values(const MetricsSelect& select,
                                                std::string_view name) const override;
  Result<std::vector<MetricMetadata>> metadata(const std::string& tenant) const override;
  Status exemplars(
      const MetricsSelect& select,
      const std::function<Status(const model::Labels&, const ExemplarView&)>& visit) const override;
  Status export_otlp(const std::string& tenant, const TimeRange& range,
                     const std::function<Status(model::Batch&&)>& visit) const override;

 private:
  const Tenants& tenants_;
};

class TenantEventsReader : public EventsReader {
 public:
  explicit TenantEventsReader(const Tenants& tenants) : tenants_(tenants) {}
  Status logs(const LogSelect& select,
              const std::function<Status(const LogRow&)>& visit) const override;
  Status streams(const LogSelect& select,
                 const std::function<Status(const model::Labels&)>& visit) const override;
  Result<std::vector<std::string>> log_label_names(const LogSelect& select) const override;
  Result<std::vector<std::string>> log_label_values(const LogSelect& select,
                                                    std::string_view name) const override;
  Status trace(const std::string& tenant, const model::TraceId& id,
               const std::function<Status(const TraceView&)>& visit) const override;
  Status traces(const TraceSelect& select,
                const std::function<Status(const TraceView&)>& visit) const override;
  Status export_otlp(const std::string& tenant, const TimeRange& range,
                     const std::function<Status(model::Batch&&)>& visit) const override;

 private:
  const Tenants& tenants_;
};

}  // namespace tarsier::store
