// What is known of a block without unpacking it: enough to pass over it.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "base/hash.h"
#include "model/ids.h"
#include "model/labels.h"
#include "store/reader.h"
#include "store/wal/bytes.h"

namespace tarsier::store {

struct Summary {
  int64_t min_ns = std::numeric_limits<int64_t>::max();
  int64_t max_ns = std::numeric_limits<int64_t>::min();
  uint64_t items = 0;
  int64_t duration_max_ns = 0;         // of spans
  bool exemplars = false;              // of metrics
  std::vector<uint64_t> traces;        // trace_key() of every trace id; sorted, unique
  std::vector<uint64_t> words;         // hash64() of service and span names; sorted, unique
  std::vector<model::Labels> streams;  // of logs; sorted, unique

  void cover(int64_t from_ns, int64_t to_ns) {
    min_ns = std::min(min_ns, std::min(from_ns, to_ns));
    max_ns = std::max(max_ns, std::max(from_ns, to_ns));
  }
  bool touches(const TimeRange& range) const {
    return items > 0 && min_ns <= range.end_ns && max_ns >= range.start_ns;
  }
  bool has_trace(const model::TraceId& id) const;
  bool has_word(std::string_view word) const {
    return std::binary_search(words.begin(), words.end(), hash64(word));
  }

  void sort();  // after the lists were filled
  void merge(const Summary& other);

  size_t bytes() const;
  void encode(std::string& out) const;
  static Summary decode(Cursor& in);
};

// Not the id itself: an id may be short, or not random at all.
inline uint64_t trace_key(const model::TraceId& id) {
  return hash64(id.raw());
}
inline bool Summary::has_trace(const model::TraceId& id) const {
  return std::binary_search(traces.begin(), traces.end(), trace_key(id));
}

}  // namespace tarsier::store
