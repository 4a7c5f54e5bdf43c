// The one interface through which data moves right.
#pragma once

#include <chrono>
#include <future>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/batch.h"

namespace tarsier::model {

struct Refusal {
  Code code =
      Code::kInvalid;  // kInvalid: never send it again; kLimitExceeded, kUnavailable: try later
  std::string reason;
  size_t items = 0;
};

// What became of a batch: taken + the refused items = the items offered.
struct Offer {
  size_t taken = 0;
  std::vector<Refusal> refused;
  std::optional<std::chrono::milliseconds> retry_after;

  // Ready when what was taken is durable, with an error when it could not be made so. Not valid()
  // when durability is not promised (nothing taken, or a sink that only forwards in memory).
  std::shared_future<Status> durable;

  size_t refused_items() const {
    size_t n = 0;
    for (const Refusal& r : refused) n += r.items;
    return n;
  }
  // Waits until what was taken is durable.
  Status wait() const { return durable.valid() ? durable.get() : Status(); }

  static Offer all(size_t items) {
    return {.taken = items, .refused = {}, .retry_after = {}, .durable = {}};
  }
  static Offer none(size_t items, Code code, std::string reason) {
    return {.taken = 0,
            .refused = {{code, std::move(reason), items}},
            .retry_after = {},
            .durable = {}};
  }
};

// offer() may be called from any thread, does not block on I/O, and never throws. What a sink takes
// is visible to the next query; what it refuses is counted by the sink.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual Offer offer(Batch&& batch) = 0;
};

}  // namespace tarsier::model
