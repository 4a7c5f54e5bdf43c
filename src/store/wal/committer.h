// Group commit: one thread writes what many have queued, with one fsync, then makes it visible.
#pragma once

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <future>
#include <mutex>
#include <thread>
#include <vector>

#include "model/batch.h"
#include "store/wal/log.h"
#include "store/wal/payload.h"

namespace tarsier::store {

// A batch on its way through the log.
struct Pending {
  std::string tenant;
  Sections sections;
  model::Batch numbers;  // metrics and series once more, decoded
  std::string payload;
  std::promise<Status> durable;

  size_t bytes() const { return sections.bytes() + payload.size(); }
};

// Any thread, but for what is said of the callbacks.
class Committer {
 public:
  struct Options {
    std::chrono::milliseconds interval{
        20};                                // between two commits; an idle committer starts at once
    std::chrono::milliseconds retry{1000};  // after a failed commit, until writing is tried again
    size_t pending_bytes_max = 64u << 20;
    size_t group_bytes_max = 8u << 20;
  };
  // `apply` makes a durable batch visible; called on the committer's thread, in log order.
  Committer(Log& log, const Options& options, std::function<void(Pending&&)> apply);
  ~Committer();  // commits what is queued

  // kUnavailable when the queue is full or the disk refuses; the batch is then untouched.
  Result<std::shared_future<Status>> submit(Pending& pending);

  // Runs `work` on the committer's thread between two groups, everything submitted before being
  // committed and visible; waits for it.
  void between_groups(const std::function<void()>& work);

  // kUnavailable when the last group could not be made durable.
  Status status();

  std::chrono::milliseconds retry() const { return options_.retry; }

 private:
  using Time = std::chrono::steady_clock::time_point;
  struct Job {
    Pending pending;
    const std::function<void()>* work = nullptr;
    std::promise<void>* worked = nullptr;
  };

  void run();
  void commit(std::vector<Pending>& group);
  std::vector<Pending> next_group(std::unique_lock<std::mutex>& lock);

  Log& log_;
  const Options options_;
  const std::function<void(Pending&&)> apply_;

  std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Job> queue_;
  size_t queued_bytes_ = 0;
  std::string disk_error_;  // why writing failed; empty when it works
  Time retry_at_{};
  bool stop_ = false;
  Time next_commit_{};
  std::thread thread_;
};

}  // namespace tarsier::store
