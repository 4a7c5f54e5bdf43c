// Pairs the requests and answers of one HTTP/1 connection.
#pragma once

#include <string>
#include <vector>

#include "assemble/protocols/http1/head.h"

namespace tarsier::assemble::http1 {

extern const Protocol kProtocol;

// The messages of one direction.
struct Half {
  // kLost: between messages, at bytes that are none; the next call may begin with one.
  enum class State : uint8_t { kStart, kHead, kBody, kLost };

  State state = State::kStart;
  bool gap = false;  // bytes were missed since the last message: it may have been in them
  BodyReader body;
  std::string head;       // of a head that is spread over several calls
  uint64_t start_ns = 0;  // of the message's first byte
  uint32_t start_seq = 0;
};

class Stitcher : public Stream {
 public:
  explicit Stitcher(bool from_start) : from_start_(from_start) {}
  void feed(const Call& call, Listener& listener) override;
  void close(bool seen, Listener& listener) override;
  bool quiet(uint64_t now_ns, Listener& listener) override;

 private:
  // A call that came before the one it answers: the ring's order is not the wire's when another
  // thread receives while the sender has not returned yet.
  struct Held {
    capture::ts_data event;
    capture::ts_go_client client;
    bool has_client = false;
    std::string bytes;
  };

  void read(Half& half, const Call& call, Listener& listener);
  void at_call_start(Half& half, const Call& call, Listener& listener);
  void start(Half& half, std::string_view& rest, const Call& call, Listener& listener);
  void more_head(Half& half, std::string_view& rest, const Call& call, Listener& listener);
  void unseen(Half& half, uint64_t bytes, std::string_view tail, const Call& call,
              Listener& listener);
  void head(Half& half, std::string_view bytes, bool whole, const Call& call, Listener& listener);
  bool request_head(std::string_view bytes, bool whole, const Call& call, Listener& listener);
  bool response_head(std::string_view bytes, bool whole, const Call& call, Listener& listener);
  void message_end(Half& half, Listener& listener);
  void before_next_request(Listener& listener);
  void settle(Listener& listener);
  void finish_first(Listener& listener, bool lost);
  bool hold_back(const Call& call);
  void replay(Listener& listener);

  Half requests_, responses_;
  Exchange *first_ = nullptr, *last_ = nullptr;  // unfinished, in the order of their requests
  uint32_t open_ = 0;
  uint64_t last_ns_ = 0;         // of the latest call in any direction
  uint64_t last_answer_ns_ = 0;  // of the latest call with an answer's bytes
  bool from_start_;
  bool opaque_ = false;  // upgraded or a tunnel: no longer HTTP/1
  std::vector<Held> held_;
};

}  // namespace tarsier::assemble::http1
