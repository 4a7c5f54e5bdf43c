#include "base/hash.h"
#include "store/parts/part.h"
#include "wire/compress.h"

namespace {

class Bytes : public tarsier::store::Mapping {
 public:
  explicit Bytes(std::string bytes) : bytes_(std::move(bytes)) {}
  std::string_view bytes() const override { return bytes_; }

 private:
  std::string bytes_;
};

void read(std::string bytes) {
  using namespace tarsier::store;
  PartVisitor visit;
  visit.tenant = [](std::string_view) -> tarsier::Status { return {}; };
  visit.metadata = [](MetricMetadata&&) {};
  visit.series = [](tarsier::model::Labels&&, std::vector<Chunk>&& chunks) {
    std::vector<tarsier::model::Sample> samples;
    for (const Chunk& chunk : chunks) {
      (void)decode_chunk(chunk.bytes.view, chunk.count, INT64_MIN, INT64_MAX, samples);
    }
  };
  visit.block = [](BlockSignal, Block&& block) {
    std::string storage;
    (void)unpack(block, storage);
  };
  (void)read_part(std::make_shared<Bytes>(std::move(bytes)), 1, visit);
}

}  // namespace

// The bytes as a part, and as the index of a part whose CRC is right.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::store;
  std::string bytes(reinterpret_cast<const char*>(data), size);
  read(bytes);
  std::string packed = tarsier::wire::zstd(bytes, 1), part = "TARSPRT1" + packed, footer;
  put<uint64_t>(footer, 8);
  put<uint64_t>(footer, packed.size());
  put<uint64_t>(footer, bytes.size());
  put<uint64_t>(footer, 1);
  put(footer, kPartVersion);
  put(footer, tarsier::crc32c(footer, tarsier::crc32c(packed)));
  read(part + footer + "TARSPRTE");
  return 0;
}
