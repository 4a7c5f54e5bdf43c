#include "api/ui/pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>

namespace tarsier::api {
namespace {

constexpr size_t kHelpWantedMax = 256;  // requests for help that wait; more go without

}  // namespace

struct HelperPool::Loop {
  Loop(size_t count, const std::function<void(size_t)>& w) : n(count), work(w) {}

  // Takes turns until none is left.
  void help() {
    for (size_t i; (i = next.fetch_add(1)) < n;) {
      work(i);  // alive: its owner waits until this turn is done
      std::lock_guard lock(mutex);
      if (++done == n) all_done.notify_all();
    }
  }
  void wait() {
    std::unique_lock lock(mutex);
    all_done.wait(lock, [this] { return done == n; });
  }

  const size_t n;
  const std::function<void(size_t)>& work;
  std::atomic<size_t> next{0};
  std::mutex mutex;
  std::condition_variable all_done;
  size_t done = 0;
};

HelperPool::HelperPool(int threads) : queue_(kHelpWantedMax) {
  for (int i = 0; i < threads; i++) {
    threads_.emplace_back([this] {
      while (!queue_.drained()) {
        if (auto loop = queue_.pop(std::chrono::seconds(60))) (*loop)->help();
      }
    });
  }
}

HelperPool::~HelperPool() {
  queue_.close();
  for (std::thread& thread : threads_) thread.join();
}

void HelperPool::for_each(size_t n, const std::function<void(size_t)>& work) {
  if (n == 0) return;
  auto loop = std::make_shared<Loop>(n, work);
  for (size_t i = 0; i < std::min(n - 1, threads_.size()); i++) {
    auto help = loop;
    if (!queue_.try_push(help)) break;
  }
  loop->help();
  loop->wait();
}

}  // namespace tarsier::api
