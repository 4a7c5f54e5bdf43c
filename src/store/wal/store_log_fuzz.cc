#include <cstdlib>

#include "store/testing/faulty_folder.h"
#include "store/wal/log.h"
#include "store/wal/payload.h"

// A segment of any bytes opens; what it holds decodes or is refused; a record can follow.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::store;
  testing::FaultyDisk disk;
  auto folder = disk.folder("log");
  auto file = folder->create("00000000000000000001.log");
  if (!file || !(*file)->append({reinterpret_cast<const char*>(data), size})) std::abort();
  auto log = Log::open(*folder, {}, 0, [](const Record& record) -> tarsier::Status {
    auto payload = decode_payload(record.payload);
    if (payload) (void)decode_sections(payload->sections);
    return {};
  });
  std::string_view payload = "x";
  if (!log || ((*log)->last_sequence() < UINT64_MAX && !(*log)->commit({&payload, 1})))
    std::abort();
  // The payload alone, without a CRC in the way.
  (void)decode_payload({reinterpret_cast<const char*>(data), size});
  return 0;
}
