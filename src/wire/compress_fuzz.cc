// The first byte chooses the format; an odd one packs first, and then unpacking must succeed.
#include <cstdint>
#include <cstdlib>

#include "wire/compress.h"

using namespace tarsier;

namespace {

template <typename Pack, typename Unpack>
void run(bool pack_first, std::string_view bytes, Pack pack, Unpack unpack) {
  constexpr size_t kMax = 1 << 20;
  if (!pack_first) {
    (void)unpack(bytes, kMax);
    return;
  }
  auto again = unpack(pack(bytes), bytes.size());
  if (!again || *again != bytes) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size == 0) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data + 1), size - 1);
  bool pack_first = data[0] & 1;
  switch (data[0] / 2 % 3) {
    case 0:
      run(pack_first, bytes, [](auto b) { return wire::gzip(b); }, wire::gunzip);
      break;
    case 1:
      run(pack_first, bytes, wire::snappy, wire::unsnappy);
      break;
    default:
      run(pack_first, bytes, [](auto b) { return wire::zstd(b); }, wire::unzstd);
  }
  return 0;
}
