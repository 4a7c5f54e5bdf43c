// A connected TCP socket with deadlines: it never blocks longer than it was told.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/fd.h"
#include "base/result.h"

namespace tarsier::net {

// Deadlines are CLOCK_MONOTONIC nanoseconds. Errors: kTimeout, kUnavailable.
class Socket {
 public:
  // Tries every address of the name until one answers. While `stop_fd` is readable, here and later
  // nothing is waited for.
  static Result<Socket> connect(const std::string& host, uint16_t port, int64_t deadline_ns,
                                int stop_fd);

  // What the kernel takes now, without waiting; 0 when it takes nothing.
  Result<size_t> write_some(std::string_view bytes);
  // What is there, without waiting. Empty optional-like: kWouldBlock; 0 at the end of the stream.
  static constexpr size_t kWouldBlock = SIZE_MAX;
  Result<size_t> read_some(char* into, size_t room);

  Status wait_readable(int64_t deadline_ns) const;
  Status wait_writable(int64_t deadline_ns) const;
  // Has the other side closed, or said something that nobody asked for?
  bool stale() const;

 private:
  Socket(Fd fd, int stop_fd) : fd_(std::move(fd)), stop_fd_(stop_fd) {}
  Status wait(short events, int64_t deadline_ns) const;
  Fd fd_;
  int stop_fd_;
};

}  // namespace tarsier::net
