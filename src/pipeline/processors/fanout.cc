#include <utility>

#include "pipeline/pipeline.h"

namespace tarsier::pipeline {
namespace {

class Fanout : public model::Sink {
 public:
  explicit Fanout(std::vector<model::Sink*> sinks) : sinks_(std::move(sinks)) {}

  model::Offer offer(model::Batch&& batch) override {
    if (sinks_.empty()) return model::Offer::all(batch.items());
    for (size_t i = 1; i < sinks_.size(); i++) sinks_[i]->offer(model::Batch(batch));
    return sinks_.front()->offer(std::move(batch));
  }

 private:
  const std::vector<model::Sink*> sinks_;
};

}  // namespace

std::unique_ptr<model::Sink> make_fanout(std::vector<model::Sink*> sinks) {
  return std::make_unique<Fanout>(std::move(sinks));
}

}  // namespace tarsier::pipeline
