// The socket between the privileged process and its worker, and what is said over it.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "base/fd.h"
#include "base/result.h"
#include "capture/bpf/shared.h"

namespace tarsier::capture {

// The first message. Both ends are the same program; the magic only catches a wrong descriptor.
struct Hello {
  static constexpr uint64_t kMagic = 0x31305354'4f4c4548;
  uint64_t magic = kMagic;
  uint64_t ring_bytes = 0;
};

// What the privileged side counts, for the worker to show. Kind numbers of ts_header.kind that no
// recording holds.
enum : uint8_t { kNewsStatistics = 200 };
struct Statistics {
  ts_header header{};
  uint64_t kernel[TS_COUNTERS] = {};
  uint64_t go_unsupported = 0;  // Go processes of a version without a layout
  uint64_t go_linked = 0;       // Go processes whose calls are linked
  uint64_t watched = 0;         // processes watched now
  uint64_t news_dropped = 0;
};

// Messages that wait for the worker to read on. One thread.
class News {
 public:
  static constexpr size_t kBytesMax = 32 << 20;  // more are dropped and counted

  // Both ends of a new channel; ours is kept, the worker's returned.
  Result<Fd> connect();
  void send(std::string message);
  void flush();  // as many as the socket takes
  int fd() const { return socket_.get(); }
  bool waiting() const { return !queue_.empty(); }
  uint64_t dropped() const { return dropped_; }

 private:
  Fd socket_;
  std::deque<std::string> queue_;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace tarsier::capture
