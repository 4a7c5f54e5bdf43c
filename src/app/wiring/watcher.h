// The half of tarsier that watches: reads the ring, assembles, and passes on what came of it.
#pragma once

#include <atomic>
#include <memory>
#include <span>
#include <thread>
#include <vector>

#include "app/config/config.h"
#include "assemble/assemble.h"
#include "base/fd.h"
#include "base/result.h"
#include "capture/reader.h"
#include "model/sink.h"

namespace tarsier::app {

// Reads and assembles on a thread of its own, until destroyed.
class Watcher {
 public:
  // `state`: the memory that the supervisor hands from worker to worker. Descriptors as
  // capture::Probe::handover() gave them. The sink outlives the watcher.
  static Result<std::unique_ptr<Watcher>> start(const Config& config, const Fd& state,
                                                const std::vector<int>& descriptors,
                                                model::Sink& sink);
  ~Watcher();  // passes on what is held

  // False once the privileged process is gone: nothing more will come.
  bool alive() const { return alive_; }

 private:
  Watcher() = default;
  void run(std::stop_token stop);

  std::span<std::byte> state_;  // mapped
  std::unique_ptr<capture::Reader> reader_;
  std::unique_ptr<assemble::Assembler> assembler_;
  std::atomic<bool> alive_{true};
  std::jthread thread_;
};

// Where captured telemetry is sent, from export.*; nothing when no endpoint is set.
Result<std::unique_ptr<model::Sink>> make_exporter(const Config& config);

}  // namespace tarsier::app
