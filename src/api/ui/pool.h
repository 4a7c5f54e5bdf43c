// A few threads that help a caller with its loop.
#pragma once

#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/queue.h"

namespace tarsier::api {

// Any number of callers at once. A caller works itself, so a busy pool delays it but never stops
// it.
class HelperPool {
 public:
  explicit HelperPool(int threads);
  ~HelperPool();

  // Calls work(0) .. work(n - 1), several at once, and returns when all are done.
  void for_each(size_t n, const std::function<void(size_t)>& work);

 private:
  struct Loop;
  BoundedQueue<std::shared_ptr<Loop>> queue_;
  std::vector<std::thread> threads_;
};

}  // namespace tarsier::api
