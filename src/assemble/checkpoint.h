// What a worker's successor goes on from, in memory that outlives both: the state of the counters
// as it was a moment ago, and live counts that tell how much a sudden death took along.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace tarsier::assemble {

// Appends to a state; StateReader reads it back in the same order.
template <typename T>
void put(std::string& out, const T& value) {
  static_assert(std::is_trivially_copyable_v<T>);
  out.append(reinterpret_cast<const char*>(&value), sizeof value);
}
void put_text(std::string& out, std::string_view text);

// Every read past the end fails, and so do all after it.
class StateReader {
 public:
  explicit StateReader(std::string_view state) : rest_(state) {}

  template <typename T>
  bool get(T& value) {
    static_assert(std::is_trivially_copyable_v<T>);
    std::string_view bytes;
    if (take(sizeof value, bytes)) bytes.copy(reinterpret_cast<char*>(&value), sizeof value);
    return ok_;
  }
  bool text(std::string_view& out);

 private:
  bool take(size_t size, std::string_view& out);

  std::string_view rest_;
  bool ok_ = true;
};

class Checkpoint {
 public:
  // Only ever go up. The worker that reads them is the next one.
  struct Live {
    uint64_t begun = 0, ended = 0;   // requests: their head was seen; they were reported or dropped
    uint64_t measured = 0;           // requests added to the metrics
    uint64_t made = 0, durable = 0;  // spans and log records
  };
  // What was on its way when the predecessor died.
  struct Lost {
    uint64_t open_requests = 0, measurements = 0, records = 0;
  };

  // Zeroes, or what a predecessor of the same build left; too small or empty: nothing is kept.
  explicit Checkpoint(std::span<std::byte> memory);

  // The predecessor's state, empty when there was none. Until save().
  std::string_view inherited() const;
  Lost lost() const { return lost_; }

  // False when it does not fit; the last one is then still there. The state covers everything that
  // was counted as measured.
  bool save(std::string_view state);

  Live& live() { return *live_; }

 private:
  struct Header;
  std::span<std::byte> half(uint64_t save) const;

  Header* header_ = nullptr;  // null: nothing is kept
  std::span<std::byte> halves_;
  Live own_;
  Live* live_ = &own_;
  Lost lost_;
};

}  // namespace tarsier::assemble
