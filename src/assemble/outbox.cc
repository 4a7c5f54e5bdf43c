#include "assemble/outbox.h"

#include "assemble/counters.h"
#include "assemble/scope.h"

namespace tarsier::assemble {
namespace {

// A batcher's promise is not ready before somebody waits for it, so time tells instead.
constexpr std::chrono::seconds kDurableWithin(1);
constexpr size_t kResourceBytes = 1'024;  // more or less, and of the scope

template <typename Writer>
void move_records(const ProcessEntry& process, Writer& records, size_t& count,
                  model::Encoded& out) {
  if (count == 0) return;
  wire::append_records(process.resource, scope(), records.bytes(), out.otlp);
  out.items += count;
  count = 0;
  records.clear();
}

}  // namespace

Outbox::Pile& Outbox::pile(ProcessEntry& process) {
  Pile& pile = piles_[&process];
  if (!pile.process) pile.process = &process;
  size_++;
  live_.made++;
  return pile;
}

wire::SpanWriter& Outbox::span(ProcessEntry& process) {
  Pile& to = pile(process);
  to.spans_count++;
  return to.spans;
}

wire::LogWriter& Outbox::log(ProcessEntry& process) {
  Pile& to = pile(process);
  to.logs_count++;
  return to.logs;
}

void Outbox::send() {
  if (size_ == 0) return;
  model::Batch batch;
  size_t span_bytes = 0, log_bytes = 0;
  for (const auto& [process, pile] : piles_) {
    span_bytes += pile.spans.bytes().size() + kResourceBytes;
    log_bytes += pile.logs.bytes().size() + kResourceBytes;
  }
  batch.encoded_spans.otlp.reserve(span_bytes);
  batch.encoded_logs.otlp.reserve(log_bytes);
  boost::unordered::erase_if(piles_, [&](auto& entry) {
    Pile& pile = entry.second;
    bool idle = pile.spans_count + pile.logs_count == 0;
    move_records(*pile.process, pile.spans, pile.spans_count, batch.encoded_spans);
    move_records(*pile.process, pile.logs, pile.logs_count, batch.encoded_logs);
    return idle;
  });
  auto durable = send(std::move(batch));
  on_the_way_.push_back({std::move(durable), size_, std::chrono::steady_clock::now()});
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

std::shared_future<Status> Outbox::send(model::Batch&& batch) {
  if (batch.empty()) return {};
  model::Offer offer = sink_.offer(std::move(batch));
  counters().refused.add(offer.refused_items());
  return std::move(offer.durable);
}

}  // namespace tarsier::assemble
