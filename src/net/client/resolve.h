// A host's name to its addresses, within a deadline: the system's resolver may take half a minute.
#pragma once

#include <netdb.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"

namespace tarsier::net {

using Addresses = std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)>;

// Waits until the deadline (CLOCK_MONOTONIC) or until `stop_fd` is readable (-1: nothing). Errors:
// kTimeout, kUnavailable.
Result<Addresses> resolve(const std::string& host, uint16_t port, int64_t deadline_ns, int stop_fd);

// Waits for `events` of `fd`, as above.
Status wait_for(int fd, short events, int64_t deadline_ns, int stop_fd);

}  // namespace tarsier::net
