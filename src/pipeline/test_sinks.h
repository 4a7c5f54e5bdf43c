// Sinks for the tests of this room.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <vector>

#include "model/sink.h"

namespace tarsier::pipeline {

// Keeps what it is offered, and answers as told.
class KeepingSink : public model::Sink {
 public:
  model::Offer offer(model::Batch&& batch) override {
    std::lock_guard lock(mutex_);
    model::Offer offer = answer_ ? answer_(batch) : model::Offer::all(batch.items());
    items_ += offer.taken;
    batches_.push_back(std::move(batch));
    return offer;
  }
  void answer(std::function<model::Offer(const model::Batch&)> answer) {
    std::lock_guard lock(mutex_);
    answer_ = std::move(answer);
  }
  std::vector<model::Batch> batches() {
    std::lock_guard lock(mutex_);
    return batches_;
  }
  size_t items() {
    std::lock_guard lock(mutex_);
    return items_;
  }

 private:
  std::mutex mutex_;
  std::vector<model::Batch> batches_;
  std::function<model::Offer(const model::Batch&)> answer_;
  size_t items_ = 0;
};

// Spans with ids 1, 2, ... of the service "test".
inline model::Batch some_spans(size_t n, uint8_t first = 1) {
  model::Batch batch;
  auto& resource = batch.spans.emplace_back();
  resource.resource.attributes = {{"service.name", {std::string("test")}}};
  auto& records = resource.scopes.emplace_back().records;
  for (size_t i = 0; i < n; i++) {
    model::Span& span = records.emplace_back();
    span.trace_id.bytes[0] = first;
    span.span_id.bytes[0] = static_cast<uint8_t>(first + i);
    span.name = "GET /";
    span.start_ns = 1'700'000'000'123'456'789;
    span.end_ns = span.start_ns + 12'345'678;
  }
  return batch;
}

inline std::shared_future<Status> ready(Status status) {
  std::promise<Status> promise;
  promise.set_value(std::move(status));
  return promise.get_future().share();
}

}  // namespace tarsier::pipeline
