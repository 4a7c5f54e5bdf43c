// Collects finished records by who they are about, as OTLP bytes, and offers them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <deque>

#include "assemble/checkpoint.h"
#include "assemble/processes.h"
#include "model/sink.h"
#include "wire/otlp_records.h"

namespace tarsier::assemble {

class Outbox {
 public:
  Outbox(model::Sink& sink, Checkpoint::Live& live) : sink_(sink), live_(live) {}

  // Where one more record of the process is to be written.
  wire::SpanWriter& span(ProcessEntry& process);
  wire::LogWriter& log(ProcessEntry& process);
  size_t size() const { return size_; }
  // Offers what was collected.
  void send();
  // Offers something else; ready when that is durable.
  std::shared_future<Status> send(model::Batch&& batch);
  // Counts what has become durable meanwhile.
  void settle();

 private:
  struct Pile {
    ProcessPtr process;
    wire::SpanWriter spans;
    wire::LogWriter logs;
    size_t spans_count = 0, logs_count = 0;
  };
  struct OnTheWay {
    std::shared_future<Status> durable;
    size_t records;
    std::chrono::steady_clock::time_point since;
  };
  Pile& pile(ProcessEntry& process);

  model::Sink& sink_;
  Checkpoint::Live& live_;
  std::deque<OnTheWay> on_the_way_;
  boost::unordered_flat_map<ProcessEntry*, Pile> piles_;  // with the room that they filled before
  size_t size_ = 0;
};

}  // namespace tarsier::assemble
