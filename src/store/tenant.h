// All that is held of one tenant, and the tenants.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/events/logs.h"
#include "store/events/spans.h"
#include "store/metrics/metrics_store.h"
#include "store/wal/payload.h"

namespace tarsier::store {

inline constexpr size_t kTenantsMax = 256;
inline constexpr size_t kTenantNameMax = 150;  // bytes, as Mimir has it

// Decoded blocks that are kept for the next query, over all tenants.
struct Caches {
  PieceCache<SpanPiece> spans{64u << 20};
  PieceCache<LogPiece> logs{64u << 20};
};

struct Tenant {
  Tenant(std::string tenant_name, const IngestOptions& options, Caches& caches)
      : name(std::move(tenant_name)), metrics(options), spans(caches.spans), logs(caches.logs) {}

  // On the committer's thread.
  // `batch` is what of the sections is needed decoded: metrics and series.
  Status apply(const model::Batch& batch, Sections&& sections);

  size_t bytes() const;  // of memory, mapped files not counted

  const std::string name;
  MetricsStore metrics;
  SpanStore spans;
  LogStore logs;
};

// Any thread. A tenant, once there, stays.
class Tenants {
 public:
  explicit Tenants(const IngestOptions& options) : options_(options) {}

  Tenant* find(const std::string& name) const;
  // kLimitExceeded beyond kTenantsMax, kInvalid for a name that is too long.
  Result<Tenant*> find_or_add(const std::string& name);
  std::vector<Tenant*> all() const;

 private:
  const IngestOptions options_;
  mutable std::mutex mutex_;
  std::map<std::string, std::unique_ptr<Tenant>, std::less<>> tenants_;
  Caches caches_;
};

}  // namespace tarsier::store
