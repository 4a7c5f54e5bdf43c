// Addresses as events carry them: 16 bytes, IPv4 mapped into IPv6.
#pragma once

#include <cstdint>
#include <string>

namespace tarsier::assemble {

bool is_loopback(const uint8_t (&address)[16]);
void format_address(const uint8_t (&address)[16], std::string& out);  // "10.0.0.7", "fd00::7"

}  // namespace tarsier::assemble
