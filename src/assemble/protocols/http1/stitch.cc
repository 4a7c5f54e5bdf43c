#include "assemble/protocols/http1/stitch.h"

#include <algorithm>

#include "assemble/counters.h"
#include "assemble/redact.h"
#include "assemble/rpc.h"

namespace tarsier::assemble::http1 {
namespace {

constexpr uint32_t kPipelineMax = 256;  // unanswered requests of one connection
constexpr size_t kHeldMax = 4;          // calls held back because they came too early
constexpr size_t kRecogniseMax = 16;    // bytes that are enough to tell
constexpr uint64_t kQuietNs = 1'000'000'000;

// gRPC-Web has its status in the head of an answer without a body, else at the body's end, unseen.
void settle_rpc(Exchange& exchange) {
  if (exchange.rpc_status != kRpcUnseen || exchange.status == 200) return;
  bool answered = exchange.status != 0;
  exchange.rpc_status = answered ? rpc_status_of_http(exchange.status) : int{kRpcUnavailable};
}

}  // namespace

const Protocol kProtocol = {"http1", looks_like_request, looks_like_response,
                            [](bool from_start) -> std::unique_ptr<Stream> {
                              return std::make_unique<Stitcher>(from_start);
                            }};

void Stitcher::feed(const Call& call, Listener& listener) {
  if (opaque_) return counters().dropped_upgraded.add();
  last_ns_ = std::max<uint64_t>(last_ns_, call.event.header.time_ns);
  if (call.from_client) {
    if (call.missed) held_.clear();
    return read(requests_, call, listener);
  }
  if (!first_ && call.event.direction == capture::TS_SEND &&
      requests_.state == Half::State::kHead) {
    // The server answers a request before its head is complete, with an error.
    head(requests_, requests_.head, false, call, listener);
  }
  if (!first_) {
    if (!hold_back(call)) counters().dropped_no_request.add();
    return;
  }
  last_answer_ns_ = call.event.header.time_ns;
  read(responses_, call, listener);
}

bool Stitcher::hold_back(const Call& call) {
  if (call.event.direction == capture::TS_SEND || !from_start_) return false;
  if (held_.empty() && looks_like_response(call.bytes) != Match::kYes) return false;
  if (held_.size() == kHeldMax || call.missed) {
    counters().dropped_no_request.add(held_.size());
    held_.clear();
    return false;
  }
  Held& held = held_.emplace_back();
  held.event = call.event;
  held.bytes = call.bytes;
  held.has_client = call.client != nullptr;
  if (call.client) held.client = *call.client;
  return true;
}

void Stitcher::replay(Listener& listener) {
  std::vector<Held> held = std::move(held_);
  held_.clear();
  for (const Held& h : held) {
    feed({.event = h.event, .client = h.has_client ? &h.client : nullptr, .bytes = h.bytes},
         listener);
  }
}

void Stitcher::read(Half& half, const Call& call, Listener& listener) {
  if (call.missed) {
    half.gap = true;
    unseen(half, call.missed, {}, call, listener);
  }
  std::string_view rest = call.bytes;
  if (!rest.empty()) at_call_start(half, call, listener);
  while (!rest.empty() && !opaque_) {
    switch (half.state) {
      case Half::State::kStart:
        start(half, rest, call, listener);
        break;
      case Half::State::kHead:
        more_head(half, rest, call, listener);
        break;
      case Half::State::kBody:
        if (half.body.take(rest)) message_end(half, listener);
        break;
      case Half::State::kLost:
        rest = {};
        break;
    }
  }
  uint64_t tail = call.event.length - call.bytes.size();
  if (tail > 0 && !opaque_) unseen(half, tail, call.tail(), call, listener);
}

// Where the framing was lost, a call that begins like a head is taken for one.
void Stitcher::at_call_start(Half& half, const Call& call, Listener& listener) {
  bool body_lost = half.state == Half::State::kBody && half.body.lost();
  if (half.state != Half::State::kLost && !body_lost) return;
  Match match =
      &half == &requests_ ? looks_like_request(call.bytes) : looks_like_response(call.bytes);
  if (match != Match::kNo) {
    counters().resynchronised.add();
    if (body_lost) message_end(half, listener);
    half.state = Half::State::kStart;
  } else if (body_lost) {
    half.body.resume(call.bytes, call.bytes.size() == call.event.length);
    if (half.body.done()) {
      message_end(half, listener);
      half.state = Half::State::kLost;  // this call's bytes are spent
    }
  }
}

void Stitcher::start(Half& half, std::string_view& rest, const Call& call, Listener& listener) {
  bool request = &half == &requests_;
  while (request && !rest.empty() && (rest.front() == '\r' || rest.front() == '\n')) {
    rest.remove_prefix(1);  // RFC 9112 2.2: empty lines before a request are ignored
  }
  if (rest.empty()) return;
  if (!request && !first_) {
    rest = {};
    return counters().dropped_no_request.add();
  }
  if ((request ? looks_like_request(rest) : looks_like_response(rest)) == Match::kNo) {
    half.state = Half::State::kLost;
    half.gap = true;
    rest = {};
    return counters().dropped_not_http.add();
  }
  half.start_ns = call.event.header.time_ns;
  half.start_seq = call.event.tcp_seq + static_cast<uint32_t>(rest.data() - call.bytes.data());
  size_t size = head_size(rest);
  if (size <= kHeadMax) {
    std::string_view bytes = rest.substr(0, size);
    rest.remove_prefix(size);
    return head(half, bytes, true, call, listener);
  }
  if (rest.size() >= kHeadMax) {
    std::string_view bytes = rest.substr(0, kHeadMax);
    rest = {};
    return head(half, bytes, false, call, listener);
  }
  half.head.assign(rest);
  half.state = Half::State::kHead;
  rest = {};
}

void Stitcher::more_head(Half& half, std::string_view& rest, const Call& call, Listener& listener) {
  size_t before = half.head.size();
  half.head.append(rest.substr(0, kHeadMax - before));
  if (before < kRecogniseMax) {
    Match match =
        &half == &requests_ ? looks_like_request(half.head) : looks_like_response(half.head);
    if (match == Match::kNo) {
      half.state = Half::State::kLost;
      half.gap = true;
      rest = {};
      return counters().dropped_not_http.add();
    }
  }
  size_t size = head_size(half.head, before);
  if (size != std::string_view::npos) {
    rest.remove_prefix(size - before);
    return head(half, std::string_view(half.head).substr(0, size), true, call, listener);
  }
  rest = {};
  if (half.head.size() >= kHeadMax) head(half, half.head, false, call, listener);
}

// Bytes that moved but were not seen: their number is enough inside a body, and nowhere else.
void Stitcher::unseen(Half& half, uint64_t bytes, std::string_view tail, const Call& call,
                      Listener& listener) {
  bool lost_before =
      half.state == Half::State::kLost || (half.state == Half::State::kBody && half.body.lost());
  if (half.state == Half::State::kHead) head(half, half.head, false, call, listener);
  if (half.state == Half::State::kBody && half.body.skip(bytes, tail)) message_end(half, listener);
  if (half.state == Half::State::kStart && bytes > 0) {
    half.state = Half::State::kLost;
    half.gap = true;
  }
  bool body_lost = half.state == Half::State::kBody && half.body.lost();
  if (lost_before || (half.state != Half::State::kLost && !body_lost)) return;
  counters().framing_lost.add();
  if (first_ && first_->status) listener.on_unsettled();
}

void Stitcher::head(Half& half, std::string_view bytes, bool whole, const Call& call,
                    Listener& listener) {
  half.state = Half::State::kBody;
  bool request = &half == &requests_;
  bool good = request ? request_head(bytes, whole, call, listener)
                      : response_head(bytes, whole, call, listener);
  if (!good) {
    counters().dropped_bad_head.add();
    half.state = Half::State::kLost;
    half.gap = true;
    return;
  }
  half.gap = false;
  if (!whole) counters().head_incomplete.add();
  if (half.state == Half::State::kBody && half.body.done()) message_end(half, listener);
  if (request && !held_.empty()) replay(listener);
}

bool Stitcher::request_head(std::string_view bytes, bool whole, const Call& call,
                            Listener& listener) {
  RequestHead parsed;
  if (!parse_request(bytes, whole, parsed)) return false;
  before_next_request(listener);
  Exchange& exchange = listener.make_exchange();
  exchange.method = parsed.method;
  exchange.start_ns = requests_.start_ns;
  exchange.start_seq = requests_.start_seq;
  copy_target(parsed.target, exchange.target, exchange.path_size);
  copy_host(parsed.host, exchange.host, exchange.host_port);
  bool web = false;
  if (is_rpc_content(parsed.content_type, web) && web) exchange.system = System::kGrpc;
  (last_ ? last_->next : first_) = &exchange;
  last_ = &exchange;
  open_++;
  requests_.body.start(parsed.body);
  listener.on_request(exchange, call, parsed.carrier);
  return true;
}

bool Stitcher::response_head(std::string_view bytes, bool whole, const Call& call,
                             Listener& listener) {
  ResponseHead parsed;
  if (!parse_response(bytes, whole, first_->method, parsed)) return false;
  while (responses_.gap && open_ > 1) finish_first(listener, true);  // whose answer is this?
  listener.on_answer(*first_, call);
  responses_.body.start(parsed.body);
  if (parsed.status < 200 && parsed.status != 101) {  // the final answer is still to come
    responses_.state = responses_.body.done() ? Half::State::kStart : Half::State::kLost;
    return true;
  }
  Exchange& exchange = *first_;
  exchange.status = parsed.status;
  exchange.rpc_status = rpc_status_value(parsed.rpc_status);
  exchange.answer_ns = responses_.start_ns;
  bool tunnel = exchange.method == "CONNECT" && parsed.status / 100 == 2;
  if (parsed.status != 101 && !tunnel) {
    if (responses_.body.lost()) listener.on_unsettled();
    return true;
  }
  while (first_) finish_first(listener, first_->status == 0);
  opaque_ = true;
  return true;
}

void Stitcher::message_end(Half& half, Listener& listener) {
  half.state = Half::State::kStart;
  if (half.head.capacity() > 4'096) half.head.shrink_to_fit();
  half.head.clear();
  if (&half == &requests_) {
    if (last_ && !last_->request_done) {
      last_->request_body = half.body.size();
      last_->request_done = true;
    }
  } else if (first_) {
    first_->response_body = half.body.size();
    first_->end_ns = last_answer_ns_;
    first_->answer_done = true;
  }
  settle(listener);
}

// A client that does not pipeline sends its next request when the answer has ended, so it tells
// where an answer of unknown length did.
void Stitcher::before_next_request(Listener& listener) {
  if (last_ && !last_->request_done) {
    last_->request_body = requests_.body.size();
    last_->request_done = true;
    settle(listener);
  }
  if (!first_) return;
  bool body = responses_.state == Half::State::kBody;
  if (body && (responses_.body.lost() || responses_.body.until_close())) {
    message_end(responses_, listener);
  } else if (responses_.state == Half::State::kLost && responses_.gap) {
    finish_first(listener, true);
  }
  if (open_ >= kPipelineMax) finish_first(listener, true);
}

void Stitcher::settle(Listener& listener) {
  while (first_ && first_->answer_done && first_->request_done) finish_first(listener, false);
  if (first_ && first_->answer_done) listener.on_unsettled();
}

void Stitcher::finish_first(Listener& listener, bool lost) {
  Exchange& exchange = *first_;
  first_ = exchange.next;
  if (!first_) last_ = nullptr;
  exchange.next = nullptr;
  open_--;
  if (!exchange.request_done) exchange.request_body = requests_.body.size();
  if (!exchange.answer_done) {
    exchange.end_ns = exchange.status ? last_answer_ns_ : last_ns_;
    if (exchange.status) exchange.response_body = responses_.body.size();
  }
  exchange.end_ns = std::max(exchange.end_ns, exchange.start_ns);
  if (exchange.system == System::kGrpc) settle_rpc(exchange);
  listener.on_finished(exchange, lost);
}

bool Stitcher::quiet(uint64_t now_ns, Listener& listener) {
  bool answered = first_ && first_->answer_done;
  bool answer_lost = first_ && first_->status && responses_.body.lost();
  if (!answered && !answer_lost) return false;
  if (now_ns < last_ns_ + kQuietNs) return true;
  if (answer_lost && !answered) {
    message_end(responses_, listener);
    responses_.state = Half::State::kLost;
  }
  if (first_ && first_->answer_done) {
    first_->request_done = true;
    first_->request_body = requests_.body.size();
    requests_.state = Half::State::kLost;
    settle(listener);
  }
  return false;
}

void Stitcher::close(bool seen, Listener& listener) {
  if (requests_.state == Half::State::kHead) counters().dropped_unfinished_head.add();
  while (first_) finish_first(listener, first_->status == 0 && (responses_.gap || !seen));
  counters().dropped_no_request.add(held_.size());
  held_.clear();
}

}  // namespace tarsier::assemble::http1
