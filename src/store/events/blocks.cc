#include "store/events/blocks.h"

#include "wire/compress.h"

namespace tarsier::store {

Block seal_block(std::string_view raw, Summary&& summary) {
  Block block;
  block.raw_bytes = raw.size();
  block.payload = Blob::of(wire::zstd(raw, 1));
  block.crc = crc32c(block.payload.view);
  block.summary = std::move(summary);
  block.summary.sort();
  return block;
}

Result<std::string> unpack(const Block& block) {
  if (crc32c(block.payload.view) != block.crc || block.raw_bytes > kBlockRawBytesMax) {
    return corrupt("snapshot part " + std::to_string(block.part) + ": crc of an event block");
  }
  return wire::unzstd(block.payload.view, block.raw_bytes);
}

}  // namespace tarsier::store
