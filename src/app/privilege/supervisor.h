// The privileged process: attaches the probe, starts the worker, starts it again when it dies.
#pragma once

#include <string>

#include "app/config/config.h"
#include "app/privilege/privilege.h"
#include "base/result.h"
#include "capture/probe.h"

namespace tarsier::app {

struct SupervisorOptions {
  std::string mode;      // "up" or "agent"
  std::string settings;  // the effective configuration, as a file's text
  User user;
};

// Runs until SIGTERM or SIGINT, or until a worker ends by itself with a failure. Returns the exit
// code. One thread.
int supervise(capture::Probe& probe, const SupervisorOptions& options);

capture::ProbeOptions probe_options(const Config& config);

}  // namespace tarsier::app
