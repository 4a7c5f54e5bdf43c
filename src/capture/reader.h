// Door of capture, the half without privileges: reads the event ring through inherited descriptors.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "capture/capture.h"

namespace tarsier::capture {

// One thread.
class Reader {
 public:
  virtual ~Reader() = default;

  // Descriptors as Probe::handover() gave them. Takes ownership. Needs no capability.
  static Result<std::unique_ptr<Reader>> open(const std::vector<int>& descriptors);

  // Hands every waiting event to the handler, in ring order; process news go before the events that
  // follow them. Waits up to timeout_ms when there is none. Returns the number of events.
  // kUnavailable when the privileged process is gone.
  virtual Result<size_t> poll(EventHandler& handler, int timeout_ms) = 0;

  // From now on every record is also written to this file: header "TSREC001", then records as they
  // are in the ring. Process news are records too.
  virtual Status record_to(const std::string& path) = 0;
};

// Plays a recording into a handler, without a kernel.
Status replay(const std::string& path, EventHandler& handler);

}  // namespace tarsier::capture
