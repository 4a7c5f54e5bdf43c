// Randomness is injected. IDs come from here: any thread, no lock.
#pragma once

#include <cstdint>

namespace tarsier {

// xoshiro256** (Blackman, Vigna 2018). One per thread; not for secrets.
class Random {
 public:
  explicit Random(uint64_t seed);
  uint64_t next();
  double uniform();  // [0, 1)

 private:
  uint64_t state_[4];
};

// A generator for this thread, seeded from the kernel.
Random& thread_random();

}  // namespace tarsier
