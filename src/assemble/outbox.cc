#include "assemble/outbox.h"

#include "assemble/counters.h"
#include "assemble/scope.h"

namespace tarsier::assemble {

Outbox::Pile& Outbox::pile(ProcessEntry& process) {
  Pile& pile = piles_[&process];
  if (!pile.process) pile.process = &process;
  size_++;
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
  size_ = 0;
  send(std::move(batch));
}

void Outbox::send(model::Batch&& batch) {
  if (batch.empty()) return;
  model::Offer offer = sink_.offer(std::move(batch));
  counters().refused.add(offer.refused_items());
}

}  // namespace tarsier::assemble
