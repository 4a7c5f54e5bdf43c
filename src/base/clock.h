// Time is injected, so that a whole node runs in a test on fake time.
#pragma once

#include <atomic>
#include <cstdint>

namespace tarsier {

inline constexpr int64_t kMicrosecond = 1'000;
inline constexpr int64_t kMillisecond = 1'000'000;
inline constexpr int64_t kSecond = 1'000'000'000;
inline constexpr int64_t kMinute = 60 * kSecond;
inline constexpr int64_t kHour = 60 * kMinute;

// Both readings are nanoseconds. Any thread.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual int64_t now_ns() const = 0;        // since the Unix epoch
  virtual int64_t monotonic_ns() const = 0;  // CLOCK_MONOTONIC: the clock of BPF's ktime_get_ns
};

const Clock& system_clock();

class FakeClock : public Clock {
 public:
  explicit FakeClock(int64_t now_ns = 1'700'000'000 * kSecond) : now_ns_(now_ns) {}
  int64_t now_ns() const override { return now_ns_.load(); }
  int64_t monotonic_ns() const override { return now_ns_.load(); }
  void advance(int64_t ns) { now_ns_ += ns; }
  void set(int64_t now_ns) { now_ns_ = now_ns; }

 private:
  std::atomic<int64_t> now_ns_;
};

}  // namespace tarsier
