// What the connections of one server share.
#pragma once

#include <algorithm>
#include <atomic>
#include <boost/asio/io_context.hpp>
#include <list>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "base/queue.h"
#include "net/server.h"

namespace tarsier::net {

// Request bodies held in memory, all connections together.
class BodyBudget {
 public:
  explicit BodyBudget(size_t max_bytes) : max_bytes_(max_bytes) {}
  bool take(size_t bytes) {
    if (used_.fetch_add(bytes) + bytes <= max_bytes_) return true;
    used_.fetch_sub(bytes);
    return false;
  }
  void give(size_t bytes) { used_.fetch_sub(bytes); }
  size_t used() const { return used_.load(); }

 private:
  const size_t max_bytes_;
  std::atomic<size_t> used_{0};
};

// A share of the budget that goes back by itself.
class BodyLease {
 public:
  explicit BodyLease(BodyBudget& budget) : budget_(&budget) {}
  BodyLease(BodyLease&& other) noexcept
      : budget_(other.budget_), bytes_(std::exchange(other.bytes_, 0)) {}
  BodyLease& operator=(BodyLease&&) = delete;
  ~BodyLease() { budget_->give(bytes_); }

  // Makes the share as large as the body has become; false when that is too much.
  bool grow_to(size_t bytes) {
    if (bytes <= bytes_) return true;
    if (!budget_->take(bytes - bytes_)) return false;
    bytes_ = bytes;
    return true;
  }

 private:
  BodyBudget* budget_;
  size_t bytes_ = 0;
};

// A piece of work for a handler thread.
struct Job {
  virtual ~Job() = default;
  virtual void run() = 0;
};

// The threads on which handlers run, and the bounded queue before them.
class HandlerPool {
 public:
  HandlerPool(int threads, size_t queued_max);
  ~HandlerPool() { stop(); }
  void start();
  // False when the queue is full; the job is then still the caller's.
  bool submit(std::unique_ptr<Job>& job) { return queue_.try_push(job); }
  // Runs what is queued, then joins.
  void stop();

 private:
  const int count_;
  BoundedQueue<std::unique_ptr<Job>> queue_;
  std::vector<std::thread> threads_;
};

class Link;

struct ServerContext {
  explicit ServerContext(const ServerOptions& o)
      : options(o),
        pool(o.threads, o.requests_queued_max),
        bodies(std::max<size_t>(o.body_max_bytes * 4, 64u << 20)) {}

  const ServerOptions options;
  HandlerPool pool;
  BodyBudget bodies;
  std::list<Link*> links;              // io thread only
  bool stopping = false;               // io thread only
  std::atomic<bool> abandoned{false};  // nobody waits for answers any more
  // Last, so that it goes first: what it still holds refers to the others.
  boost::asio::io_context io{1};
};

}  // namespace tarsier::net
