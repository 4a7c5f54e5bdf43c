#include <fmt/format.h>

#include <condition_variable>
#include <iterator>
#include <map>
#include <mutex>
#include <thread>

#include "base/metrics.h"
#include "pipeline/pipeline.h"

namespace tarsier::pipeline {
namespace {

using SteadyClock = std::chrono::steady_clock;

template <typename T>
void append(std::vector<T>& to, std::vector<T>&& from) {
  if (to.empty()) {
    to = std::move(from);
  } else {
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
  }
}

void append(model::Encoded& to, model::Encoded&& from) {
  if (to.items == 0) {
    to = std::move(from);
  } else {
    to.otlp += from.otlp;
    to.items += from.items;
  }
}

// A batch being filled, and what its senders wait for: that it was passed on, and is durable there.
struct Filling {
  model::Batch batch;
  size_t items = 0;
  SteadyClock::time_point oldest;
  std::promise<model::Offer> passed_on;
  std::shared_future<Status> durable;

  Filling() {
    // Deferred: whoever asks first does the waiting, and no thread is needed for it.
    durable =
        std::async(std::launch::deferred, [future = passed_on.get_future().share()]() -> Status {
          const model::Offer& offer = future.get();
          TRY_STATUS(offer.wait());
          if (offer.refused.empty()) return {};
          return Error{offer.refused[0].code, offer.refused[0].reason};
        }).share();
  }
};

class Batcher : public model::Sink {
 public:
  Batcher(const BatcherOptions& options, model::Sink& next)
      : options_(options), next_(next), thread_([this] { run(); }) {}

  ~Batcher() override {
    {
      std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    wake_.notify_all();
    thread_.join();
  }

  model::Offer offer(model::Batch&& batch) override {
    const size_t items = batch.items();
    if (items == 0) return model::Offer::all(0);
    std::lock_guard lock(mutex_);
    in_.add(items);
    if (held_ + items > options_.held_items_max && held_ > 0) {
      full_.add(items);
      return model::Offer::none(items, Code::kLimitExceeded,
                                fmt::format("the batcher holds {} items, its limit is {}", held_,
                                            options_.held_items_max));
    }
    Filling& filling = by_tenant_[batch.tenant];
    if (filling.items == 0) filling.oldest = SteadyClock::now();
    filling.items += items;
    held_ += items;
    filling.batch.tenant = batch.tenant;
    append(filling.batch.spans, std::move(batch.spans));
    append(filling.batch.logs, std::move(batch.logs));
    append(filling.batch.metrics, std::move(batch.metrics));
    append(filling.batch.series, std::move(batch.series));
    append(filling.batch.encoded_spans, std::move(batch.encoded_spans));
    append(filling.batch.encoded_logs, std::move(batch.encoded_logs));
    wake_.notify_one();
    model::Offer offer = model::Offer::all(items);
    offer.durable = filling.durable;
    return offer;
  }

 private:
  using ByTenant = std::map<std::string, Filling>;

  SteadyClock::time_point due(const Filling& filling) const {
    if (stopping_ || filling.items >= options_.items_max) return SteadyClock::time_point::min();
    return filling.oldest + std::chrono::nanoseconds(options_.delay_ns);
  }
  ByTenant::iterator first_due() {
    return std::min_element(
        by_tenant_.begin(), by_tenant_.end(),
        [&](const auto& a, const auto& b) { return due(a.second) < due(b.second); });
  }

  void run() {
    std::unique_lock lock(mutex_);
    for (;;) {
      auto first = first_due();
      if (first == by_tenant_.end()) {
        if (stopping_) return;
        wake_.wait(lock);
      } else if (auto when = due(first->second); when > SteadyClock::now()) {
        wake_.wait_until(lock, when);
      } else {
        auto node = by_tenant_.extract(first);
        lock.unlock();
        pass_on(node.mapped());
        lock.lock();
        held_ -= node.mapped().items;
      }
    }
  }

  void pass_on(Filling& filling) {
    model::Offer offer = next_.offer(std::move(filling.batch));
    out_.add(offer.taken);
    refused_.add(offer.refused_items());
    filling.passed_on.set_value(std::move(offer));
  }

  static Counter& dropped(const char* reason) {
    return metrics().counter("tarsier_batcher_dropped_items_total", "Items the batcher lost",
                             {{"reason", reason}});
  }

  const BatcherOptions options_;
  model::Sink& next_;
  Counter& in_ = metrics().counter("tarsier_batcher_in_items_total", "Items offered");
  Counter& out_ = metrics().counter("tarsier_batcher_out_items_total", "Items passed on");
  Counter& full_ = dropped("full");
  Counter& refused_ = dropped("refused");

  std::mutex mutex_;
  std::condition_variable wake_;
  ByTenant by_tenant_;
  size_t held_ = 0;
  bool stopping_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<model::Sink> make_batcher(const BatcherOptions& options, model::Sink& next) {
  return std::make_unique<Batcher>(options, next);
}

}  // namespace tarsier::pipeline
