// The consumer's end of a BPF ring buffer, by mapped memory alone: no system call, no capability.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace tarsier::capture {

// One thread.
class Ring {
 public:
  Ring() = default;
  Ring(Ring&& other) noexcept { *this = std::move(other); }
  Ring& operator=(Ring&& other) noexcept;
  ~Ring();

  // `bytes` is the size of the ring's data, a power of two.
  static Result<Ring> map(Fd fd, uint64_t bytes);

  // The oldest record that is not consumed; false when there is none yet. It stays valid, and the
  // same, until advance().
  bool peek(std::string_view& record);
  void advance() { position_ = next_; }

  // Gives the space of all records before back to the kernel.
  void release();

  int fd() const { return fd_.get(); }

 private:
  Fd fd_;
  uint64_t bytes_ = 0;
  void* consumer_page_ = nullptr;
  void* producer_pages_ = nullptr;
  const char* data_ = nullptr;
  uint64_t position_ = 0, next_ = 0, released_ = 0;
};

}  // namespace tarsier::capture
