// Who holds a port: for the message that a port is taken.
#pragma once

#include <cstdint>
#include <string>

namespace tarsier {

// "grafana (pid 812)" for the process that listens on this TCP port in our network namespace, as
// far as /proc shows (root sees all). Empty when nobody listens or it cannot be told.
std::string port_owner(uint16_t port);

}  // namespace tarsier
