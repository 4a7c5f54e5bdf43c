// One signal of one tenant as it came: a run of blocks of OTLP bytes, compressed once they are
// worth it. What a query wants decoded is kept for the next one.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "store/blob.h"
#include "store/events/summary.h"
#include "store/wal/folder.h"
#include "store/wal/payload.h"

namespace tarsier::store {

inline constexpr size_t kBlockRawBytes = 1 << 20;      // open bytes are sealed once there are more
inline constexpr size_t kBlockAloneBytes = 128 << 10;  // a section as large is a block by itself
inline constexpr size_t kBlockRawBytesMax = 512u << 20;

// Immutable: sealing and a snapshot replace it by one whose payload is another.
struct Block {
  uint64_t arrival = 0;  // grows with each block
  uint64_t part = 0;     // the snapshot part that holds it; 0 while only the log does
  uint64_t raw_bytes = 0;
  uint32_t crc = 0;    // CRC-32C of the payload
  bool packed = true;  // the payload is a zstd frame; false: it is the bytes, in a block still open
  Blob payload;
  Summary summary;
};
using BlockPtr = std::shared_ptr<const Block>;

// The OTLP bytes of a block, where need be in `storage`. kCorrupt names the part.
Result<std::string_view> unpack(const Block& block, std::string& storage);

// Piece: static Result<std::shared_ptr<const Piece>> decode(std::string_view otlp);
//        size_t bytes() const;
// Decoded blocks that were wanted lately, over all tenants. Any thread.
template <typename Piece>
class PieceCache {
 public:
  using PiecePtr = std::shared_ptr<const Piece>;
  explicit PieceCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  Result<PiecePtr> load(const BlockPtr& block) {
    if (PiecePtr piece = find(block.get())) return piece;
    std::string storage;
    TRY(std::string_view raw, unpack(*block, storage));
    TRY(PiecePtr piece, Piece::decode(raw));
    add(block, piece);
    return piece;
  }

 private:
  struct Entry {
    BlockPtr block;  // held, so that its address stays its own
    PiecePtr piece;
  };

  PiecePtr find(const Block* block) {
    std::lock_guard lock(mutex_);
    auto found = by_block_.find(block);
    if (found == by_block_.end()) return nullptr;
    entries_.splice(entries_.begin(), entries_, found->second);
    return entries_.front().piece;
  }

  void add(const BlockPtr& block, const PiecePtr& piece) {
    std::lock_guard lock(mutex_);
    if (by_block_.contains(block.get())) return;
    bytes_ += piece->bytes();
    entries_.push_front({block, piece});
    by_block_[block.get()] = entries_.begin();
    while (bytes_ > bytes_max_ && entries_.size() > 1) {
      bytes_ -= entries_.back().piece->bytes();
      by_block_.erase(entries_.back().block.get());
      entries_.pop_back();
    }
  }

  std::mutex mutex_;
  std::list<Entry> entries_;  // newest use first
  boost::unordered_flat_map<const Block*, typename std::list<Entry>::iterator> by_block_;
  size_t bytes_ = 0;
  const size_t bytes_max_;
};

// One writer, any number of readers.
class Blocks {
 public:
  // Not empty; `summary` is of it.
  void add(Section&& section, Summary&& summary);
  void add_sealed(Block&& block);
  // Puts what is open together.
  void seal();

  // Everything that could hold what `wanted` (of a Summary) asks for, nearly in order of arrival.
  template <typename Wanted>
  std::vector<BlockPtr> sources(const Wanted& wanted) const {
    std::shared_lock lock(mutex_);
    std::vector<BlockPtr> out;
    for (const auto* list : {&sealed_, &open_}) {
      for (const BlockPtr& block : *list) {
        if (wanted(block->summary)) out.push_back(block);
      }
    }
    return out;
  }

  std::vector<BlockPtr> sealed() const {
    std::shared_lock lock(mutex_);
    return sealed_;
  }

  // Puts `now` in the place of `was`: the same block, its payload elsewhere.
  void replace(const BlockPtr& was, BlockPtr now);

  // Removes sealed blocks; returns how many items they held.
  template <typename Drop>
  uint64_t remove(const Drop& drop) {
    std::unique_lock lock(mutex_);
    uint64_t items = 0;
    std::erase_if(sealed_, [&](const BlockPtr& block) {
      if (!drop(*block)) return false;
      items += block->summary.items;
      return true;
    });
    return items;
  }

  size_t bytes() const;  // of memory, mapped files not counted

 private:
  void add_locked(Block&& block, std::vector<BlockPtr>& to);
  void seal_locked();

  mutable std::shared_mutex mutex_;
  std::vector<BlockPtr> sealed_, open_;
  size_t open_bytes_ = 0;
  uint64_t next_arrival_ = 1;
};

}  // namespace tarsier::store
