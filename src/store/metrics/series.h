// One series: sealed chunks, the chunk being written, and what came late.
#pragma once

#include <cstdint>
#include <vector>

#include "model/labels.h"
#include "store/blob.h"
#include "store/metrics/chunk.h"

namespace tarsier::store {

// Samples a chunk at most: large enough to compress, small enough to decode for a short range.
inline constexpr uint32_t kChunkSamples = 256;
// Late samples held unsorted until they become a chunk of their own.
inline constexpr size_t kLateSamples = 64;

struct Chunk {
  int64_t min_ms = 0, max_ms = 0;
  uint32_t count = 0;
  uint32_t crc = 0;   // CRC-32C of the bytes, checked when they come from a file
  uint64_t part = 0;  // the snapshot part that holds it; 0 while only the log does
  bool late = false;  // overlaps others; its samples win over theirs
  Blob bytes;
};

// What a reader took of a series under the lock; decoded without it.
struct SeriesCut {
  std::vector<Chunk> chunks;        // those that touch the range
  std::vector<model::Sample> late;  // unsorted, in order of arrival
  bool any_late = false;
};

class Series {
 public:
  enum class Appended { kInOrder, kLate, kDuplicate };

  explicit Series(model::Labels labels) : labels_(std::move(labels)) {}

  const model::Labels& labels() const { return labels_; }

  Appended append(int64_t time_ms, double value);
  void seal();              // the chunk being written, and the late samples, become sealed chunks
  void add(Chunk&& chunk);  // one from a part, parts coming in order
  // Removes chunks for which `drop` holds; true when nothing is left at all.
  template <typename Drop>
  bool remove_chunks(const Drop& drop) {
    std::erase_if(chunks_, drop);
    return empty();
  }
  bool empty() const { return chunks_.empty() && open_.count() == 0 && late_.empty(); }

  bool any() const { return last_ms_ != INT64_MIN; }
  int64_t last_ms() const { return last_ms_; }
  // The value at last_ms(); decodes a chunk once after a restart. 0 when there is none.
  double last_value();

  SeriesCut cut(int64_t from_ms, int64_t to_ms) const;
  std::vector<Chunk>& chunks() { return chunks_; }
  size_t bytes() const;

 private:
  model::Labels labels_;
  std::vector<Chunk> chunks_;
  ChunkEncoder open_;
  std::vector<model::Sample> late_;
  int64_t last_ms_ = INT64_MIN;  // the newest sample that came in order
  double last_value_ = 0;
  bool last_value_known_ = true;
};

// The samples of [from_ms, to_ms], sorted, one a millisecond (the one that came last).
Status decode(const SeriesCut& cut, int64_t from_ms, int64_t to_ms,
              std::vector<model::Sample>& out);

}  // namespace tarsier::store
