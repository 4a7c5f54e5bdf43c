#include "store/events/blocks.h"

#include "wire/compress.h"

namespace tarsier::store {
namespace {

Block packed_block(std::string&& frame, size_t raw_bytes, Summary&& summary) {
  Block block;
  block.raw_bytes = raw_bytes;
  block.crc = crc32c(frame);
  block.payload = Blob::of(std::move(frame));
  block.summary = std::move(summary);
  block.summary.sort();
  return block;
}

Block open_block(std::string&& raw, Summary&& summary) {
  Block block;
  block.packed = false;
  block.raw_bytes = raw.size();
  block.payload = Blob::of(std::move(raw));
  block.summary = std::move(summary);
  block.summary.sort();
  return block;
}

}  // namespace

Result<std::string_view> unpack(const Block& block, std::string& storage) {
  if (!block.packed) return block.payload.view;
  if (crc32c(block.payload.view) != block.crc || block.raw_bytes > kBlockRawBytesMax) {
    return corrupt("snapshot part " + std::to_string(block.part) + ": crc of an event block");
  }
  TRY(storage, wire::unzstd(block.payload.view, block.raw_bytes));
  return std::string_view(storage);
}

void Blocks::add(Section&& section, Summary&& summary) {
  std::unique_lock lock(mutex_);
  size_t bytes = section.raw.size();
  if (bytes >= kBlockAloneBytes && !section.frame.empty()) {
    add_locked(packed_block(std::move(section.frame), bytes, std::move(summary)), sealed_);
    return;
  }
  add_locked(open_block(std::move(section.raw), std::move(summary)), open_);
  open_bytes_ += bytes;
  if (open_bytes_ >= kBlockRawBytes) seal_locked();
}

void Blocks::add_sealed(Block&& block) {
  std::unique_lock lock(mutex_);
  add_locked(std::move(block), sealed_);
}

void Blocks::seal() {
  std::unique_lock lock(mutex_);
  seal_locked();
}

void Blocks::replace(const BlockPtr& was, BlockPtr now) {
  std::unique_lock lock(mutex_);
  for (BlockPtr& block : sealed_) {
    if (block == was) block = std::move(now);
  }
}

size_t Blocks::bytes() const {
  std::shared_lock lock(mutex_);
  size_t n = 0;
  for (const auto* list : {&sealed_, &open_}) {
    for (const BlockPtr& block : *list) {
      n += sizeof *block + block->summary.bytes();
      if (block->part == 0) n += block->payload.view.size();
    }
  }
  return n;
}

void Blocks::add_locked(Block&& block, std::vector<BlockPtr>& to) {
  block.arrival = next_arrival_++;
  to.push_back(std::make_shared<const Block>(std::move(block)));
}

void Blocks::seal_locked() {
  if (open_.empty()) return;
  std::string raw;
  raw.reserve(open_bytes_);
  Summary summary;
  for (const BlockPtr& block : open_) {
    raw += block->payload.view;
    summary.merge(block->summary);
  }
  Block block = packed_block(wire::zstd(raw, 1), raw.size(), std::move(summary));
  block.arrival = open_.front()->arrival;
  sealed_.push_back(std::make_shared<const Block>(std::move(block)));
  open_.clear();
  open_bytes_ = 0;
}

}  // namespace tarsier::store
