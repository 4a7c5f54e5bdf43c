// What a protocol is to the rest of the room: something that recognises its own bytes, and then
// turns the calls on one connection into exchanges. A protocol is a folder beside this file.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>

#include "assemble/exchange.h"
#include "assemble/protocols/carrier.h"
#include "capture/events.h"

namespace tarsier::assemble {

// One system call on a connection, or one of a TLS library with the plain bytes (offset and tcp_seq
// then count those). The views are valid during the call only.
struct Call {
  const capture::ts_data& event;
  const capture::ts_go_server* server = nullptr;
  const capture::ts_go_client* client = nullptr;
  std::string_view bytes;    // the first event.captured of event.length bytes
  bool from_client = false;  // the direction in which requests travel
  uint64_t missed = 0;       // bytes of this direction between the previous call and this one

  // The last bytes of a call that was not copied whole; empty when they are not known.
  std::string_view tail() const {
    if (bytes.size() >= event.length || event.tail[capture::TS_TAIL - 1] == 0) return {};
    return {reinterpret_cast<const char*>(event.tail), capture::TS_TAIL};
  }
};

// Where a protocol reports. The exchanges belong to the listener.
class Listener {
 public:
  virtual ~Listener() = default;
  virtual Exchange& make_exchange() = 0;
  // The head of the request is complete: method, target and start are filled in.
  virtual void on_request(Exchange& exchange, const Call& call, const Carrier& carrier) = 0;
  // The first byte of the answer, or more of it: what comes with the call may tell who is serving.
  virtual void on_answer(Exchange& exchange, const Call& call) = 0;
  // Over. `lost`: the answer was sent but not seen, so that nothing true can be said about it.
  virtual void on_finished(Exchange& exchange, bool lost) = 0;
  // For protocols that are not parsed. Whose request is being served by who makes this call; null:
  // nobody's that is known.
  virtual NodePtr cause_of(const Call& call) = 0;
  // It is answered, and so an exchange: system, method and start are filled in.
  virtual void on_call(Exchange& exchange, const Call& call, NodePtr cause) = 0;
  // Nothing may follow that ends the exchange: call quiet() in a second.
  virtual void on_unsettled() = 0;
};

// One connection's conversation.
class Stream {
 public:
  virtual ~Stream() = default;
  virtual void feed(const Call& call, Listener& listener) = 0;
  // `seen`: the connection closed; else only our looking at it ends, so that a request without an
  // answer says nothing.
  virtual void close(bool seen, Listener& listener) = 0;
  // Ends what only silence can end. True when there is still something to wait for.
  virtual bool quiet(uint64_t now_ns, Listener& listener) = 0;
};

enum class Match { kNo, kMaybe, kYes };  // kMaybe: too few bytes to tell

struct Protocol {
  std::string_view name;
  Match (*request)(std::string_view bytes);  // do requests of it begin like this?
  Match (*answer)(std::string_view bytes);
  // `from_start`: no byte of the connection has gone by unseen.
  std::unique_ptr<Stream> (*open)(bool from_start);
  // Several requests are under way at once: who reads or writes says nothing about whose they are.
  bool multiplexed = false;
  // Calls that begin with one of its frames are marked so: TS_DATA_FRAME.
  bool frames = false;
};

}  // namespace tarsier::assemble
