#include "store/tenant.h"

#include <fmt/format.h>

namespace tarsier::store {

Status Tenant::apply(const model::Batch& batch, Sections&& sections) {
  metrics.apply(batch, std::move(sections.metrics));
  if (!sections.spans.empty()) {
    TRY(Summary summary, summarize_spans(sections.spans.raw));
    spans.blocks().add(std::move(sections.spans), std::move(summary));
  }
  if (!sections.logs.empty()) {
    TRY(Summary summary, summarize_logs(sections.logs.raw));
    logs.blocks().add(std::move(sections.logs), std::move(summary));
  }
  return {};
}

size_t Tenant::bytes() const {
  size_t n = metrics.points().bytes() + spans.blocks().bytes() + logs.blocks().bytes();
  metrics.locked_shared([&](const SeriesIndex& index) {
    for (SeriesId id = 0; id < index.size(); id++) n += index.shared(id)->bytes();
  });
  return n;
}

Tenant* Tenants::find(const std::string& name) const {
  std::lock_guard lock(mutex_);
  auto it = tenants_.find(name);
  return it == tenants_.end() ? nullptr : it->second.get();
}

Result<Tenant*> Tenants::find_or_add(const std::string& name) {
  std::lock_guard lock(mutex_);
  auto it = tenants_.find(name);
  if (it != tenants_.end()) return it->second.get();
  if (name.size() > kTenantNameMax) {
    return invalid(fmt::format("tenant name of {} bytes; at most {} are allowed", name.size(),
                               kTenantNameMax));
  }
  if (tenants_.size() >= kTenantsMax) {
    return Error{
        Code::kLimitExceeded,
        fmt::format("tenant \"{}\" would be one more than the {} allowed", name, kTenantsMax)};
  }
  auto& slot = tenants_[name];
  slot = std::make_unique<Tenant>(name, options_, caches_);
  return slot.get();
}

std::vector<Tenant*> Tenants::all() const {
  std::lock_guard lock(mutex_);
  std::vector<Tenant*> out;
  for (const auto& [name, tenant] : tenants_) out.push_back(tenant.get());
  return out;
}

}  // namespace tarsier::store
