// The first byte chooses the format.
#include <cstdint>

#include "wire/push.h"
#include "wire/push/stream_labels.h"

using namespace tarsier;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  switch (data[0] % 4) {
    case 0:
      (void)wire::decode_loki_push_json(bytes);
      break;
    case 1:
      (void)wire::decode_loki_push_protobuf(bytes);
      break;
    case 2:
      (void)wire::decode_remote_write(bytes);
      break;
    default:
      (void)wire::parse_stream_labels(bytes);
  }
  return 0;
}
