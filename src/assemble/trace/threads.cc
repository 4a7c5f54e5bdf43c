#include "assemble/trace/threads.h"

namespace tarsier::assemble {

void Threads::received(uint32_t thread, Exchange& exchange) {
  Exchange*& first = first_[thread];
  exchange.thread = thread;
  exchange.process->serving++;
  exchange.thread_next = first;
  if (first) first->thread_previous = &exchange;
  first = &exchange;
}

void Threads::answered(Exchange& exchange) {
  if (exchange.thread == 0) return;
  exchange.process->serving--;
  if (exchange.thread_next) exchange.thread_next->thread_previous = exchange.thread_previous;
  if (exchange.thread_previous) {
    exchange.thread_previous->thread_next = exchange.thread_next;
  } else if (exchange.thread_next) {
    first_[exchange.thread] = exchange.thread_next;
  } else {
    first_.erase(exchange.thread);
  }
  exchange.thread = 0;
  exchange.thread_next = exchange.thread_previous = nullptr;
}

Exchange* Threads::serving(uint32_t thread, bool& several) const {
  auto found = first_.find(thread);
  several = found != first_.end() && found->second->thread_next;
  return found == first_.end() || several ? nullptr : found->second;
}

}  // namespace tarsier::assemble
