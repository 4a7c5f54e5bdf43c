// Who the processes are, as discovery reported them.
#pragma once

#include <boost/smart_ptr/intrusive_ptr.hpp>
#include <boost/smart_ptr/intrusive_ref_counter.hpp>
#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <string>
#include <string_view>

#include "capture/capture.h"
#include "model/resource.h"

namespace tarsier::assemble {

// One process, from the first event of it until the last record about it has left.
struct ProcessEntry : boost::intrusive_ref_counter<ProcessEntry, boost::thread_unsafe_counter> {
  uint32_t pid = 0;
  uint64_t start_time = 0;
  bool known = false;  // false: seen in events, but discovery has not told who it is
  bool is_go = false;
  bool gone = false;
  uint32_t serving = 0;       // requests that its threads have not answered yet
  int64_t first_seen_ns = 0;  // CLOCK_MONOTONIC
  int64_t info_sent_ns = 0;   // when target.info was last sent
  std::string service_name, service_namespace;
  model::Resource resource;
};
using ProcessPtr = boost::intrusive_ptr<ProcessEntry>;

class Processes {
 public:
  Processes(std::string host_name, std::string host_id)
      : host_name_(std::move(host_name)), host_id_(std::move(host_id)) {}

  ProcessEntry& update(const capture::Process& process);
  // Its last events may still be on the way: it is kept for a while.
  void exit(uint32_t pid, int64_t now_ns);
  void expire(int64_t now_ns);
  // Never null: a process not heard of yet gets an entry that is filled in later.
  ProcessEntry* get(uint32_t pid, int64_t now_ns);
  const ProcessEntry* find(uint32_t pid) const;  // null when it is not known
  // Gives the process a name of last resort.
  void name_unknown(ProcessEntry& entry) const;
  // Of telemetry about the host itself.
  model::Resource host_resource(std::string_view service_name) const;

 private:
  boost::unordered_flat_map<uint32_t, ProcessPtr> by_pid_;
  std::deque<std::pair<int64_t, ProcessPtr>> gone_;  // by the time of their exit
  std::string host_name_, host_id_;
};

}  // namespace tarsier::assemble
