// Records as the ring or a recording may hold them: [size u32][record] ...
#include <cstdint>
#include <cstring>

#include "capture/testing/recording_handler.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tarsier::capture::testing::RecordingHandler handler;
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  while (rest.size() >= sizeof(uint32_t)) {
    uint32_t length;
    std::memcpy(&length, rest.data(), sizeof length);
    rest.remove_prefix(sizeof length);
    if (length > rest.size()) length = static_cast<uint32_t>(rest.size());
    tarsier::capture::dispatch(rest.substr(0, length), handler);
    rest.remove_prefix(length);
  }
  return 0;
}
