// Collects finished records by who they are about, and offers them.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

#include "assemble/processes.h"
#include "model/sink.h"

namespace tarsier::assemble {

class Outbox {
 public:
  explicit Outbox(model::Sink& sink) : sink_(sink) {}

  void add(ProcessEntry& process, model::Span&& span);
  void add(ProcessEntry& process, model::LogRecord&& log);
  size_t size() const { return size_; }
  // Offers what was collected.
  void send();
  void send(model::Batch&& batch);

 private:
  struct Pile {
    ProcessPtr process;
    std::vector<model::Span> spans;
    std::vector<model::LogRecord> logs;
  };
  Pile& pile(ProcessEntry& process);

  model::Sink& sink_;
  boost::unordered_flat_map<ProcessEntry*, Pile> piles_;
  size_t size_ = 0;
};

}  // namespace tarsier::assemble
