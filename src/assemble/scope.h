// The instrumentation scope of everything that this room makes.
#pragma once

#include "model/resource.h"

namespace tarsier::assemble {

inline model::Scope scope() {
  return {"tarsier", TARSIER_VERSION, {}, 0};
}

}  // namespace tarsier::assemble
