// Collects finished records by who they are about, and offers them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <chrono>
#include <deque>
#include <vector>

#include "assemble/checkpoint.h"
#include "assemble/processes.h"
#include "model/sink.h"

namespace tarsier::assemble {

class Outbox {
 public:
  Outbox(model::Sink& sink, Checkpoint::Live& live) : sink_(sink), live_(live) {}

  void add(ProcessEntry& process, model::Span&& span);
  void add(ProcessEntry& process, model::LogRecord&& log);
  size_t size() const { return size_; }
  // Offers what was collected.
  void send();
  void send(model::Batch&& batch);
  // Counts what has become durable meanwhile.
  void settle();

 private:
  struct Pile {
    ProcessPtr process;
    std::vector<model::Span> spans;
    std::vector<model::LogRecord> logs;
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
  boost::unordered_flat_map<ProcessEntry*, Pile> piles_;
  size_t size_ = 0;
};

}  // namespace tarsier::assemble
