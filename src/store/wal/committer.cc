#include "store/wal/committer.h"

#include "base/log.h"
#include "base/metrics.h"

namespace tarsier::store {
namespace {

using Clock = std::chrono::steady_clock;

Counter& commits() {
  static Counter& counter =
      metrics().counter("tarsier_store_commits_total", "Groups of batches written to the log");
  return counter;
}
Counter& commit_failures() {
  static Counter& counter = metrics().counter("tarsier_store_commit_failures_total",
                                              "Groups of batches that could not be made durable");
  return counter;
}

}  // namespace

Committer::Committer(Log& log, const Options& options, std::function<void(Pending&&)> apply)
    : log_(log), options_(options), apply_(std::move(apply)), thread_([this] { run(); }) {}

Committer::~Committer() {
  {
    std::lock_guard lock(mutex_);
    stop_ = true;
  }
  ready_.notify_one();
  thread_.join();
}

Result<std::shared_future<Status>> Committer::submit(Pending& pending) {
  std::shared_future<Status> durable;
  {
    std::lock_guard lock(mutex_);
    if (!disk_error_.empty() && Clock::now() < retry_at_) {
      return Error{Code::kUnavailable, "the write-ahead log cannot be written: " + disk_error_};
    }
    size_t bytes = pending.bytes();
    if (queued_bytes_ > 0 && queued_bytes_ + bytes > options_.pending_bytes_max) {
      return Error{Code::kUnavailable, "the write-ahead log is behind"};
    }
    queued_bytes_ += bytes;
    durable = pending.durable.get_future().share();
    queue_.push_back({std::move(pending), nullptr, nullptr});
  }
  ready_.notify_one();
  return durable;
}

void Committer::between_groups(const std::function<void()>& work) {
  std::promise<void> worked;
  {
    std::lock_guard lock(mutex_);
    queue_.push_back({{}, &work, &worked});
  }
  ready_.notify_one();
  worked.get_future().wait();
}

Status Committer::status() {
  std::lock_guard lock(mutex_);
  if (!disk_error_.empty()) return Error{Code::kUnavailable, disk_error_};
  return {};
}

// Takes batches up to the first piece of work, which it leaves at the front.
std::vector<Pending> Committer::next_group(std::unique_lock<std::mutex>&) {
  std::vector<Pending> group;
  size_t bytes = 0;
  while (!queue_.empty() && !queue_.front().work && bytes < options_.group_bytes_max) {
    bytes += queue_.front().pending.bytes();
    group.push_back(std::move(queue_.front().pending));
    queue_.pop_front();
  }
  return group;
}

void Committer::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    ready_.wait(lock, [this] { return stop_ || !queue_.empty(); });
    if (queue_.empty()) return;
    if (queue_.front().work) {
      Job job = std::move(queue_.front());
      queue_.pop_front();
      lock.unlock();
      (*job.work)();
      job.worked->set_value();
      lock.lock();
      continue;
    }
    // Others may join until the interval is over; nobody waits when the last commit is long ago.
    ready_.wait_until(lock, next_commit_, [this] {
      return stop_ || queued_bytes_ >= options_.group_bytes_max || queue_.back().work;
    });
    std::vector<Pending> group = next_group(lock);
    lock.unlock();
    next_commit_ = Clock::now() + options_.interval;
    size_t bytes = 0;
    for (const Pending& pending : group) bytes += pending.bytes();
    commit(group);
    lock.lock();
    queued_bytes_ -= bytes;
  }
}

void Committer::commit(std::vector<Pending>& group) {
  std::vector<std::string_view> payloads;
  for (const Pending& pending : group) {
    payloads.push_back(pending.payload);
  }
  Status status = log_.commit(payloads);
  {
    std::lock_guard lock(mutex_);
    disk_error_ = status ? "" : status.error().message;
    retry_at_ = Clock::now() + options_.retry;
  }
  (status ? commits() : commit_failures()).add();
  if (!status) {
    Error error{Code::kUnavailable, "not durable: " + status.error().message};
    LOG_ERROR("the write-ahead log cannot be written; batches are refused", "error", error.message,
              "hint", "make room on the disk or move storage.folder");
    for (Pending& pending : group) pending.durable.set_value(error);
    return;
  }
  for (Pending& pending : group) {
    std::promise<Status> durable = std::move(pending.durable);
    apply_(std::move(pending));
    durable.set_value({});
  }
}

}  // namespace tarsier::store
