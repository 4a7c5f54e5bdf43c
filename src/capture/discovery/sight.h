// Every process of the host, and why it is watched or not.
#pragma once

#include <vector>

#include "capture/discovery/discovery.h"

namespace tarsier::capture {

// As sight() of probe.h. `discovery` must have scanned.
std::vector<Sighting> sight(const ProcFs& proc, const Discovery& discovery);

}  // namespace tarsier::capture
