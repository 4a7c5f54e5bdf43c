// The snapshot parts of a store: written from what memory holds beyond the last one, read at open,
// dropped oldest first.
#pragma once

#include <functional>
#include <vector>

#include "store/parts/part.h"
#include "store/tenant.h"

namespace tarsier::store {

// What has to go into the next part: everything of one tenant that is in none yet. Payloads are
// shared with the store, not copied.
struct Frozen {
  struct FrozenSeries {
    std::shared_ptr<Series> series;
    std::vector<Chunk> chunks;
  };
  Tenant* tenant = nullptr;
  std::vector<MetricMetadata> metadata;
  std::vector<FrozenSeries> series;
  std::vector<std::shared_ptr<const Block>> spans, logs, points;
};
// Seals what is open and collects it. No batch may be applied meanwhile.
Frozen freeze(Tenant& tenant);

// One thread at a time.
class Parts {
 public:
  Parts(Folder& folder, Tenants& tenants) : folder_(folder), tenants_(tenants) {}

  // Hands the contents of all parts to the tenants. A part that cannot be read is set aside as
  // *.corrupt, logged and counted; an unfinished one is removed.
  Status load();

  // Writes what is frozen as a part up to log record `sequence`; from then on the store's memory
  // for it is the file.
  Status write(uint64_t sequence, const std::vector<Frozen>& frozen);

  // Both return how many items (samples, points, spans, log records) were dropped.
  uint64_t drop_older(int64_t cutoff_ns);
  Result<uint64_t> drop_oldest_part();

  uint64_t last_sequence() const { return parts_.empty() ? 0 : parts_.back().sequence; }
  uint64_t bytes() const;
  size_t count() const { return parts_.size(); }

 private:
  struct Part {
    uint64_t sequence = 0;
    uint64_t bytes = 0;
    int64_t max_ns = INT64_MIN;
  };
  using Locations = std::vector<uint64_t>;

  Result<Part> load_part(uint64_t sequence);
  Status set_aside(uint64_t sequence, const Error& error);
  void move_to_file(const Frozen& frozen, const Locations& locations, size_t& next,
                    uint64_t sequence, const std::shared_ptr<const Mapping>& mapping);
  template <typename DropChunk, typename DropBlock>
  uint64_t drop(const DropChunk& drop_chunk, const DropBlock& drop_block);

  Folder& folder_;
  Tenants& tenants_;
  std::vector<Part> parts_;  // oldest first
};

}  // namespace tarsier::store
