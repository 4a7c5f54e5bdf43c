// Takes secrets out of URLs. It runs while the request target is copied out of the event, so that
// nothing behind it ever sees them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace tarsier::assemble {

// Keys added to the default list; keys match in any case, percent-encoded or not. Set once, before
// the first copy_target().
void set_redacted_keys(const std::vector<std::string>& added);

// The path and query of a request target in any of its forms; values of secret keys become
// REDACTED, bytes that are not printable ASCII are percent-encoded, and a scheme, user, password
// and host in front are dropped. path_size: bytes before the '?'.
void copy_target(std::string_view target, std::string& out, uint32_t& path_size);

// A Host header's name and port; the name is empty when it is not a host name or an address.
void copy_host(std::string_view header, std::string& host, uint16_t& port);

}  // namespace tarsier::assemble
