// Which request a thread is serving, for languages whose threads tell: the one that it received and
// has not answered yet. A thread with several of them (an event loop) tells nothing.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>

#include "assemble/exchange.h"

namespace tarsier::assemble {

class Threads {
 public:
  void received(uint32_t thread, Exchange& exchange);
  void answered(Exchange& exchange);  // or given up

  // Null with `several` when there is more than one, or none.
  Exchange* serving(uint32_t thread, bool& several) const;

 private:
  boost::unordered_flat_map<uint32_t, Exchange*> first_;
};

}  // namespace tarsier::assemble
