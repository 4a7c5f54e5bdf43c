// Samples of one series in a byte string: times as changes of the step, values as integer deltas or
// XOR, a run of one step and one value in two bytes. Lossless for every bit pattern.
// docs/formats/snapshot.md has the layout in prose.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "model/labels.h"

namespace tarsier::store {

class ChunkEncoder {
 public:
  // Later than last_ms(), unless the chunk is empty.
  void append(int64_t time_ms, double value);

  uint32_t count() const { return count_; }
  int64_t first_ms() const { return first_ms_; }
  int64_t last_ms() const { return last_ms_; }
  double last_value() const;
  const std::string& bytes() const { return bytes_; }

  // The finished bytes; the encoder is empty afterwards.
  std::string take();

 private:
  std::string bytes_;
  int64_t first_ms_ = 0, last_ms_ = 0, step_ms_ = 0;
  uint64_t last_bits_ = 0;
  uint32_t count_ = 0;
  uint8_t run_ = 0;  // repeats in the run at the end of bytes_, 0 when it does not end in one
};

// Appends the samples of [from_ms, to_ms] to `out`. kCorrupt when the bytes are not `count`
// samples.
Status decode_chunk(std::string_view bytes, uint32_t count, int64_t from_ms, int64_t to_ms,
                    std::vector<model::Sample>& out);

}  // namespace tarsier::store
