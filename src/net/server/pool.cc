#include <algorithm>

#include "net/server/context.h"

namespace tarsier::net {

HandlerPool::HandlerPool(int threads, size_t queued_max)
    : count_(std::max(1, threads)), queue_(std::max<size_t>(1, queued_max)) {}

void HandlerPool::start() {
  for (int i = 0; i < count_; i++) {
    threads_.emplace_back([this] {
      while (!queue_.drained()) {
        if (auto job = queue_.pop(std::chrono::seconds(60))) (*job)->run();
      }
    });
  }
}

void HandlerPool::stop() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace tarsier::net
