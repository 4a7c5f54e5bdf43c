// One signal of one tenant as it came: a run of blocks of OTLP bytes, compressed once full. A block
// is read as a Piece, the decoded records with what is needed to walk them in order.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <vector>

#include "store/blob.h"
#include "store/events/summary.h"
#include "store/wal/folder.h"

namespace tarsier::store {

inline constexpr size_t kBlockRawBytes = 1 << 20;  // a block is sealed once it holds more
inline constexpr size_t kBlockRawBytesMax = 512u << 20;

// A sealed block. Immutable: a snapshot replaces it by one whose payload lies in a part.
struct Block {
  uint64_t arrival = 0;  // grows with each block
  uint64_t part = 0;     // the snapshot part that holds it; 0 while only the log does
  uint64_t raw_bytes = 0;
  uint32_t crc = 0;  // CRC-32C of the payload
  Blob payload;      // a zstd frame of OTLP bytes
  Summary summary;
};

Block seal_block(std::string_view raw, Summary&& summary);
// The OTLP bytes of a block. kCorrupt names the part.
Result<std::string> unpack(const Block& block);

// Piece: static Result<std::shared_ptr<const Piece>> decode(std::string_view otlp);
//        const Summary& summary() const; size_t bytes() const;
// Decoded blocks that were wanted lately, over all tenants. Any thread.
template <typename Piece>
class PieceCache {
 public:
  explicit PieceCache(size_t bytes_max) : bytes_max_(bytes_max) {}

  std::shared_ptr<const Piece> find(const Block* block) {
    std::lock_guard lock(mutex_);
    for (auto it = entries_.begin(); it != entries_.end(); ++it) {
      if (it->block.get() != block) continue;
      entries_.splice(entries_.begin(), entries_, it);
      return it->piece;
    }
    return nullptr;
  }

  void add(std::shared_ptr<const Block> block, std::shared_ptr<const Piece> piece) {
    std::lock_guard lock(mutex_);
    bytes_ += piece->bytes();
    entries_.push_front({std::move(block), std::move(piece)});
    while (bytes_ > bytes_max_ && entries_.size() > 1) {
      bytes_ -= entries_.back().piece->bytes();
      entries_.pop_back();
    }
  }

 private:
  struct Entry {
    std::shared_ptr<const Block> block;  // held, so that its address stays its own
    std::shared_ptr<const Piece> piece;
  };
  std::mutex mutex_;
  std::list<Entry> entries_;  // newest use first; few: a decoded block has megabytes
  size_t bytes_ = 0;
  const size_t bytes_max_;
};

// One writer, any number of readers.
template <typename Piece>
class Blocks {
 public:
  using BlockPtr = std::shared_ptr<const Block>;
  using PiecePtr = std::shared_ptr<const Piece>;

  // Something to read: a sealed block, or a piece of the open one.
  struct Source {
    uint64_t arrival = 0;  // of two records with one time, the one of the smaller came first
    BlockPtr block;
    PiecePtr piece;
    const Summary& summary() const { return block ? block->summary : piece->summary(); }
  };

  void add(PiecePtr piece, std::string_view otlp) {
    std::unique_lock lock(mutex_);
    raw_ += otlp;
    open_summary_.merge(piece->summary());
    open_.push_back({next_arrival_++, nullptr, std::move(piece)});
    if (raw_.size() >= kBlockRawBytes) seal_locked();
  }

  void seal() {
    std::unique_lock lock(mutex_);
    seal_locked();
  }

  void add_sealed(Block&& block) {
    std::unique_lock lock(mutex_);
    block.arrival = next_arrival_++;
    sealed_.push_back(std::make_shared<const Block>(std::move(block)));
  }

  // Everything that could hold what `wanted` (of a Summary) asks for, in order of arrival.
  template <typename Wanted>
  std::vector<Source> sources(const Wanted& wanted) const {
    std::shared_lock lock(mutex_);
    std::vector<Source> out;
    for (const BlockPtr& block : sealed_) {
      if (wanted(block->summary)) out.push_back({block->arrival, block, nullptr});
    }
    for (const Source& source : open_) {
      if (wanted(source.piece->summary())) out.push_back(source);
    }
    return out;
  }

  Result<PiecePtr> load(const Source& source, PieceCache<Piece>& cache) const {
    if (source.piece) return source.piece;
    if (PiecePtr piece = cache.find(source.block.get())) return piece;
    TRY(std::string raw, unpack(*source.block));
    TRY(PiecePtr piece, Piece::decode(raw));
    cache.add(source.block, piece);
    return piece;
  }

  std::vector<BlockPtr> sealed() const {
    std::shared_lock lock(mutex_);
    return sealed_;
  }
  // OTLP bytes of the open block.
  std::string open_bytes() const {
    std::shared_lock lock(mutex_);
    return raw_;
  }

  // Puts `now` in the place of `was`: the same block, its payload elsewhere.
  void replace(const BlockPtr& was, BlockPtr now) {
    std::unique_lock lock(mutex_);
    for (BlockPtr& block : sealed_) {
      if (block == was) block = std::move(now);
    }
  }

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

  size_t bytes() const {
    std::shared_lock lock(mutex_);
    size_t n = raw_.capacity();
    for (const Source& source : open_) n += source.piece->bytes();
    for (const BlockPtr& block : sealed_) {
      n += block->summary.bytes() + (block->part == 0 ? block->payload.view.size() : 0);
    }
    return n;
  }

 private:
  void seal_locked() {
    if (open_.empty()) return;
    Block block = seal_block(raw_, std::move(open_summary_));
    block.arrival = open_.front().arrival;
    sealed_.push_back(std::make_shared<const Block>(std::move(block)));
    open_.clear();
    open_summary_ = {};
    raw_.clear();
  }

  mutable std::shared_mutex mutex_;
  std::vector<BlockPtr> sealed_;
  std::vector<Source> open_;
  std::string raw_;
  Summary open_summary_;
  uint64_t next_arrival_ = 1;
};

}  // namespace tarsier::store
