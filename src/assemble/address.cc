#include "assemble/address.h"

#include <arpa/inet.h>

#include <cstring>

namespace tarsier::assemble {
namespace {

constexpr uint8_t kMapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr uint8_t kLoopback6[16] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};

}  // namespace

bool is_loopback(const uint8_t (&address)[16]) {
  if (memcmp(address, kMapped, sizeof kMapped) == 0) return address[12] == 127;
  return memcmp(address, kLoopback6, sizeof kLoopback6) == 0;
}

void format_address(const uint8_t (&address)[16], std::string& out) {
  char text[INET6_ADDRSTRLEN];
  bool mapped = memcmp(address, kMapped, sizeof kMapped) == 0;
  inet_ntop(mapped ? AF_INET : AF_INET6, mapped ? address + 12 : address, text, sizeof text);
  out = text;
}

}  // namespace tarsier::assemble
