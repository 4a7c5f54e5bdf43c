// The bounded queue between two threads. Full means full: the producer is told, and decides.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>

namespace tarsier {

// Multi-producer, multi-consumer. weight_max bounds the sum of the weights of the items held; an
// item has weight 1 unless push says otherwise. All members may be called from any thread.
template <typename T>
class BoundedQueue {
 public:
  explicit BoundedQueue(size_t weight_max) : weight_max_(weight_max) {}

  // False when the item does not fit or the queue is closed; the item is then untouched.
  bool try_push(T& item, size_t weight = 1) {
    {
      std::lock_guard lock(mutex_);
      if (closed_ || (weight_ + weight > weight_max_ && weight_ > 0)) return false;
      weight_ += weight;
      items_.push_back({std::move(item), weight});
    }
    ready_.notify_one();
    return true;
  }

  // Waits for an item; empty when the timeout passes, or when the queue is closed and drained.
  std::optional<T> pop(std::chrono::nanoseconds timeout) {
    std::unique_lock lock(mutex_);
    ready_.wait_for(lock, timeout, [this] { return closed_ || !items_.empty(); });
    if (items_.empty()) return std::nullopt;
    std::optional<T> item(std::move(items_.front().value));
    weight_ -= items_.front().weight;
    items_.pop_front();
    return item;
  }

  // After close() nothing enters; what is held can still be popped.
  void close() {
    {
      std::lock_guard lock(mutex_);
      closed_ = true;
    }
    ready_.notify_all();
  }

  size_t weight() const {
    std::lock_guard lock(mutex_);
    return weight_;
  }
  bool drained() const {
    std::lock_guard lock(mutex_);
    return closed_ && items_.empty();
  }

 private:
  struct Entry {
    T value;
    size_t weight;
  };
  mutable std::mutex mutex_;
  std::condition_variable ready_;
  std::deque<Entry> items_;
  size_t weight_ = 0;
  const size_t weight_max_;
  bool closed_ = false;
};

}  // namespace tarsier
