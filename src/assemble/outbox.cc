#include "assemble/outbox.h"

#include "assemble/counters.h"
#include "assemble/scope.h"

namespace tarsier::assemble {
namespace {

// A batcher's promise is not ready before somebody waits for it, so time tells instead.
constexpr std::chrono::seconds kDurableWithin(1);

}  // namespace

Outbox::Pile& Outbox::pile(ProcessEntry& process) {
  Pile& pile = piles_[&process];
  if (!pile.process) pile.process = &process;
  size_++;
  live_.made++;
  return pile;
}

void Outbox::add(ProcessEntry& process, model::Span&& span) {
  pile(process).spans.push_back(std::move(span));
}

void Outbox::add(ProcessEntry& process, model::LogRecord&& log) {
  pile(process).logs.push_back(std::move(log));
}

void Outbox::send() {
  if (size_ == 0) return;
  model::Batch batch;
  for (auto& [process, pile] : piles_) {
    const model::Resource& resource = process->resource;
    if (!pile.spans.empty()) append(batch.spans, resource, std::move(pile.spans));
    if (!pile.logs.empty()) append(batch.logs, resource, std::move(pile.logs));
  }
  piles_.clear();
  model::Offer offer = sink_.offer(std::move(batch));
  counters().refused.add(offer.refused_items());
  on_the_way_.push_back({std::move(offer.durable), size_, std::chrono::steady_clock::now()});
  size_ = 0;
}

void Outbox::settle() {
  const auto old = std::chrono::steady_clock::now() - kDurableWithin;
  for (; !on_the_way_.empty(); on_the_way_.pop_front()) {
    const OnTheWay& front = on_the_way_.front();
    bool ready = !front.durable.valid() || front.since < old ||
                 front.durable.wait_for(std::chrono::seconds(0)) == std::future_status::ready;
    if (!ready) return;
    live_.durable += front.records;
  }
}

void Outbox::send(model::Batch&& batch) {
  if (batch.empty()) return;
  model::Offer offer = sink_.offer(std::move(batch));
  counters().refused.add(offer.refused_items());
}

}  // namespace tarsier::assemble
