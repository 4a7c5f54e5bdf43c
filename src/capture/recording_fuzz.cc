// Whole recordings.
#include <cstdint>
#include <sstream>

#include "capture/recording.h"
#include "capture/testing/recording_handler.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  tarsier::capture::testing::RecordingHandler handler;
  std::istringstream recording(std::string(reinterpret_cast<const char*>(data), size));
  (void)tarsier::capture::replay(recording, "fuzz", handler);
  return 0;
}
