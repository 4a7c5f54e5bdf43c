// UDP flows: read from the kernel's table and reported as records; idle ones are closed.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>

#include "capture/probe/programs.h"

namespace tarsier::capture {

// One thread.
class UdpFlows {
 public:
  void report(Programs& programs, int64_t now_ns, const std::function<void(std::string)>& send);

 private:
  std::map<std::string, ts_traffic> told_;  // by key bytes: what was last reported
};

}  // namespace tarsier::capture
