// Calls in a protocol that is not parsed: a turn of sends is a question, if a request that is being
// served asks it, and the turn of receives that follows is its answer.
//
// What makes a question is its cause. Bytes that nobody sends for the sake of a request (pings,
// polls, replication, what a pool does for itself) become no call, and neither do those that are
// not answered.
#pragma once

#include <memory>
#include <string>

#include "assemble/protocols/asked/system.h"
#include "assemble/protocols/protocol.h"

namespace tarsier::assemble::asked {

// May a client's call begin like this? Not those of TLS and HTTP/2.
bool may_be(std::string_view bytes);

class Turns : public Stream {
 public:
  void feed(const Call& call, Listener& listener) override;
  void close(bool seen, Listener& listener) override;
  bool quiet(uint64_t now_ns, Listener& listener) override;

 private:
  void ask(const Call& call, Listener& listener);
  void begin(const Call& call, NodePtr cause);
  void answer(const Call& call, Listener& listener);
  void answered(const Call& call, Listener& listener);
  void give_up();
  void finish(Listener& listener);

  System system_ = System::kOther;
  // The question that waits for its answer.
  NodePtr cause_;
  std::string question_;  // its first bytes
  uint64_t question_size_ = 0, first_size_ = 0;
  uint64_t start_ns_ = 0;
  uint32_t start_seq_ = 0;
  Exchange* exchange_ = nullptr;  // whose answer has begun
};

}  // namespace tarsier::assemble::asked
