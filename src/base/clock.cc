#include "base/clock.h"

#include <ctime>

namespace tarsier {
namespace {

int64_t read(clockid_t id) {
  timespec ts{};
  clock_gettime(id, &ts);
  return ts.tv_sec * kSecond + ts.tv_nsec;
}

class SystemClock : public Clock {
 public:
  int64_t now_ns() const override { return read(CLOCK_REALTIME); }
  int64_t monotonic_ns() const override { return read(CLOCK_MONOTONIC); }
};

}  // namespace

const Clock& system_clock() {
  static const SystemClock clock;
  return clock;
}

}  // namespace tarsier
