#include <algorithm>

#include "api/answer.h"

namespace tarsier::api {

query::QueryContext query_context(const Services& services, std::string_view tenant,
                                  int64_t timeout_ns) {
  query::QueryContext context;
  context.tenant = tenant;
  context.clock = services.clock;
  context.deadline_ns =
      services.clock->monotonic_ns() + std::min(timeout_ns, services.query_timeout_ns);
  context.memory_max_bytes = services.query_memory_max_bytes;
  context.samples_max = services.query_samples_max;
  return context;
}

}  // namespace tarsier::api
