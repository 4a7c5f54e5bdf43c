#include <cstdlib>

#include "store/metrics/chunk.h"

// Two bytes of count, then a chunk: decodes to that many samples or is refused.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size < 2) return 0;
  uint32_t count = data[0] | data[1] << 8;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 2, size - 2);
  std::vector<tarsier::model::Sample> all, some;
  if (tarsier::store::decode_chunk(bytes, count, INT64_MIN, INT64_MAX, all) &&
      all.size() != count) {
    std::abort();
  }
  (void)tarsier::store::decode_chunk(bytes, count, 1000, 2000, some);
  return 0;
}
