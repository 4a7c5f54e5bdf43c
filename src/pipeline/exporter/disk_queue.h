// A first-in, first-out queue of records on disk that survives kill -9 and power loss at any
// moment. Bounded by bytes: the oldest go first, a segment at a time, and are counted.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <future>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "base/fd.h"
#include "base/metrics.h"
#include "base/result.h"
#include "pipeline/exporter/segment.h"

namespace tarsier::pipeline {

struct DiskQueueOptions {
  std::filesystem::path folder;
  uint64_t bytes_max = 1ULL << 30;
  uint64_t unwritten_bytes_max = 64u << 20;  // in memory, while the disk is busy
};

class DiskQueue {
 public:
  // Resumes behind the last record that was popped. A second owner of the folder is refused.
  static Result<std::unique_ptr<DiskQueue>> open(const DiskQueueOptions& options);
  ~DiskQueue();  // writes what is still in memory

  // Any thread, does not wait. The future: when the record is durable. kUnavailable when too much
  // is unwritten, kLimitExceeded when the record can never fit.
  Result<std::shared_future<Status>> push(std::string payload, uint32_t items);

  // One thread reads. front() gives the oldest record, waiting for one at most so long; the same
  // one again until pop().
  std::optional<QueueRecord> front(std::chrono::nanoseconds timeout);
  void pop();
  // True when the record in front had to make room meanwhile, which is counted: ask for the next.
  bool front_was_dropped();

  uint64_t held_items() const;
  uint64_t held_bytes() const;
  bool wait_empty(std::chrono::nanoseconds timeout);

 private:
  struct Part {
    std::unique_ptr<Segment> segment;
    uint64_t size = 0;   // durable bytes
    uint64_t items = 0;  // of records not popped yet
  };
  struct Unwritten {
    std::string payload;
    uint32_t items;
    std::promise<Status> durable;
  };
  using Parts = std::deque<std::shared_ptr<Part>>;

  explicit DiskQueue(const DiskQueueOptions& options);
  Status lock_folder();
  Status recover();
  void run_writer();
  void write(std::vector<Unwritten> records);
  Status write_chunk(const std::string& bytes, uint64_t items);
  void make_room();
  void drop_oldest_part();
  void remove_read_parts();
  void save_position();
  void update_gauges();

  const DiskQueueOptions options_;
  const uint64_t segment_bytes_;
  Fd position_;
  Counter& dropped_full_;
  Counter& dropped_disk_;
  Counter& dropped_corrupt_;
  Counter& torn_bytes_;
  Counter& recovered_;

  mutable std::mutex mutex_;
  std::condition_variable work_, readable_;
  Parts parts_;                   // oldest first
  std::shared_ptr<Part> active_;  // the last of parts_, while the writer appends to it
  uint64_t next_number_ = 1;
  uint64_t read_offset_ = 0;  // in parts_.front(): what was popped ends here
  std::optional<QueueRecord> in_front_;
  bool front_dropped_ = false;
  uint64_t bytes_ = 0, items_ = 0;  // items_: unwritten and in parts_, not popped
  std::vector<Unwritten> unwritten_;
  uint64_t unwritten_bytes_ = 0;
  bool stopping_ = false;
  std::thread writer_;
};

}  // namespace tarsier::pipeline
