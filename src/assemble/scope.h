// The instrumentation scope of everything that this room makes.
#pragma once

#include <utility>
#include <vector>

#include "model/resource.h"

namespace tarsier::assemble {

inline model::Scope scope() {
  return {"tarsier", TARSIER_VERSION, {}, 0};
}

// Appends one resource's records. (An initialiser list would copy every one of them.)
template <typename Record>
void append(std::vector<model::Resourced<Record>>& out, const model::Resource& resource,
            std::vector<Record>&& records) {
  model::Resourced<Record>& added = out.emplace_back();
  added.resource = resource;
  model::Scoped<Record>& scoped = added.scopes.emplace_back();
  scoped.scope = scope();
  scoped.records = std::move(records);
}

}  // namespace tarsier::assemble
