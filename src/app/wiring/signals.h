// SIGTERM and SIGINT as a question that is asked, not as an interruption.
#pragma once

#include <csignal>
#include <ctime>
#include <initializer_list>

namespace tarsier::app {

// Blocks SIGTERM, SIGINT and `also` for the calling thread and those it starts later, for good.
class StopSignals {
 public:
  explicit StopSignals(std::initializer_list<int> also = {}) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGTERM);
    sigaddset(&set_, SIGINT);
    sigset_t blocked = set_;
    for (int signal : also) sigaddset(&blocked, signal);
    pthread_sigmask(SIG_BLOCK, &blocked, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }

  // Has one come? Waits up to that long for it.
  bool stop_requested(int timeout_ms = 0) {
    timespec timeout{timeout_ms / 1000, timeout_ms % 1000 * 1'000'000L};
    stopped_ |= sigtimedwait(&set_, nullptr, &timeout) > 0;
    return stopped_;
  }

 private:
  sigset_t set_;
  bool stopped_ = false;
};

}  // namespace tarsier::app
