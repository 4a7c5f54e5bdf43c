// The streams of a conversation: their requests, answers and ends.
#include <algorithm>
#include <charconv>

#include "assemble/counters.h"
#include "assemble/protocols/http2/stitch.h"
#include "assemble/redact.h"
#include "assemble/rpc.h"

namespace tarsier::assemble::http2 {
namespace {

constexpr size_t kStreamsMax = 4'096;         // open at once
constexpr size_t kEarlyMax = 64;              // answers that came before their requests
constexpr uint64_t kQuietNs = 1'000'000'000;  // for the rest of a request that was answered
constexpr uint64_t kUncertainNs = 60'000'000'000;
constexpr uint64_t kTimeoutSlackNs = 2'000'000;
constexpr int64_t kCancel = 8;  // an error code

int to_number(std::string_view text) {
  int out = -1;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  return parsed.ec == std::errc() && parsed.ptr == text.data() + text.size() ? out : -1;
}

}  // namespace

void Conversation::request_fields(Half& half, const Call& call, Listener& listener) {
  uint32_t stream = half.block_frame.stream;
  Open* open = find(stream);
  if (!open || !open->exchange) {
    if (stream <= last_request_) return counters().dropped_no_request.add();  // trailers
    last_request_ = stream;
    if (!open && streams_.size() >= kStreamsMax) finish(streams_.begin(), Ending::kLost, listener);
    if (open) early_--;
    open = &streams_[stream];
    make_request(half, *open, call, listener);
    forget_early_answers(stream);
  }
  if (half.block_frame.flags & kEndStream) end(true, *open, call);
  settle(stream, listener);
}

void Conversation::make_request(Half& half, Open& open, const Call& call, Listener& listener) {
  const Fields& fields = half.fields;
  Exchange& exchange = listener.make_exchange();
  open.exchange = &exchange;
  exchange.stream = half.block_frame.stream;
  exchange.method = fields[Field::kMethod];
  exchange.start_ns = half.block_ns;
  exchange.start_seq = half.block_seq;
  if (fields.has(Field::kPath)) {
    copy_target(fields[Field::kPath], exchange.target, exchange.path_size);
  }
  if (fields.has(Field::kAuthority)) {
    copy_host(fields[Field::kAuthority], exchange.host, exchange.host_port);
  }
  if (is_rpc_content(fields[Field::kContentType], open.web)) open.rpc = true;
  open.type_unknown = fields.unknown() && !fields.has(Field::kContentType);
  if (open.rpc) {
    has_rpcs_ = true;
  } else if (!open.type_unknown || fields[Field::kMethod] != "POST") {
    has_others_ = true;
  }
  open.timeout_ns = rpc_timeout_ns(fields[Field::kGrpcTimeout]);
  Carrier carrier{.traceparent = fields[Field::kTraceparent],
                  .tracestate = fields[Field::kTracestate],
                  .b3 = fields[Field::kB3]};
  if (open.rpc) exchange.system = System::kGrpc;
  listener.on_request(exchange, call, carrier);
  if (open.answered) listener.on_answer(exchange, call);
}

void Conversation::answer_fields(Half& half, const Call& call, Listener& listener) {
  const Fields& fields = half.fields;
  uint32_t stream = half.block_frame.stream;
  bool ends = half.block_frame.flags & kEndStream;
  Open* open = find(stream);
  if (!open) open = early_answer(stream, call);
  if (!open) return counters().dropped_no_request.add();
  int status = fields.has(Field::kStatus) ? to_number(fields[Field::kStatus]) : 0;
  if (status >= 100 && status < 200) return;  // the final answer is still to come
  if (!open->answered) {
    open->answered = true;
    open->answer_ns = half.block_ns;
    if (open->exchange) listener.on_answer(*open->exchange, call);
  } else {
    open->trailers = ends;
  }
  if (status > 0) open->status = status;
  bool web = false;
  if (is_rpc_content(fields[Field::kContentType], web)) open->rpc = true;
  open->web = open->web || web;
  if (fields.has(Field::kGrpcStatus)) {
    open->rpc_status = rpc_status_value(fields[Field::kGrpcStatus]);
  }
  open->status_hidden = fields.unknown();
  if (ends) end(false, *open, call);
  settle(stream, listener);
}

void Conversation::reset(uint32_t stream, uint32_t code, bool by_client, const Call& call,
                         Listener& listener) {
  auto at = streams_.find(stream);
  if (at == streams_.end() || !at->second.exchange) return;
  Open& open = at->second;
  if (!open.answer_done) {
    open.reset = code;
    open.reset_by_client = by_client;
    open.last_ns = call.event.header.time_ns;
  }
  finish(at, Ending::kWhole, listener);
}

// Requests above the last one that the server will answer were not looked at.
void Conversation::going_away(uint32_t last, const Call& call, Listener& listener) {
  for (auto at = streams_.upper_bound(last); at != streams_.end();) {
    auto next = std::next(at);
    if (at->second.exchange && !at->second.answered) {
      at->second.refused = true;
      at->second.last_ns = call.event.header.time_ns;
      finish(at, Ending::kWhole, listener);
    }
    at = next;
  }
}

void Conversation::end(bool request, Open& open, const Call& call) {
  if (request) {
    open.request_done = true;
  } else {
    open.answer_done = true;
    open.last_ns = call.event.header.time_ns;
  }
}

Conversation::Open* Conversation::find(uint32_t stream) {
  auto at = streams_.find(stream);
  return at == streams_.end() ? nullptr : &at->second;
}

Conversation::Open* Conversation::early_answer(uint32_t stream, const Call& call) {
  bool client = call.event.direction == capture::TS_RECEIVE;
  if (!client || stream <= last_request_ || early_ >= kEarlyMax) return nullptr;
  early_++;
  return &streams_[stream];
}

// A client numbers its requests upwards.
void Conversation::forget_early_answers(uint32_t below) {
  for (auto at = streams_.begin(); early_ > 0 && at != streams_.end() && at->first < below;) {
    if (at->second.exchange) {
      ++at;
      continue;
    }
    counters().dropped_no_request.add();
    early_--;
    at = streams_.erase(at);
  }
}

void Conversation::settle(uint32_t stream, Listener& listener) {
  auto at = streams_.find(stream);
  if (at == streams_.end() || !at->second.exchange || !at->second.answer_done) return;
  if (at->second.request_done) return finish(at, Ending::kWhole, listener);
  listener.on_unsettled();
}

// Where the content type is not readable: only an RPC has its first message framed so and fields
// behind its answer's body, and a client's connection carries RPCs alone or none.
bool Conversation::is_rpc(const Open& open) {
  if (open.rpc || !open.type_unknown) return open.rpc;
  if (open.framed && open.trailers) has_rpcs_ = true;
  return (open.framed && open.trailers) || (has_rpcs_ && !has_others_);
}

// What the call's client was told, if the wire tells.
int Conversation::rpc_status(const Open& open, uint64_t start_ns, Ending ending) {
  if (open.rpc_status >= 0) return open.rpc_status;
  if (open.reset >= 0) {
    uint64_t slack_ns = kTimeoutSlackNs + open.timeout_ns / 64;  // the client's clock began earlier
    bool late = open.timeout_ns && open.last_ns + slack_ns >= start_ns + open.timeout_ns;
    if (open.reset_by_client && open.reset == kCancel && late) return kRpcDeadlineExceeded;
    return rpc_status_of_reset(static_cast<uint32_t>(open.reset));
  }
  if (open.refused || ending == Ending::kClosed) return kRpcUnavailable;
  if (open.status_hidden || open.web || !open.answer_done) return kRpcUnseen;
  return open.status == 200 ? kRpcUnknown : rpc_status_of_http(open.status);
}

void Conversation::finish(Streams::iterator at, Ending ending, Listener& listener) {
  Open open = at->second;
  streams_.erase(at);
  if (!open.exchange) {
    early_--;
    return counters().dropped_no_request.add();
  }
  Exchange& e = *open.exchange;
  open.rpc = is_rpc(open);
  e.system = open.rpc ? System::kGrpc : System::kHttp;
  if (open.rpc) e.rpc_status = rpc_status(open, e.start_ns, ending);
  e.status = open.status;
  e.answered = open.answered;
  e.answer_ns = open.answer_ns;
  e.request_body = open.request_body;
  e.response_body = open.response_body;
  e.end_ns = std::max(open.last_ns ? open.last_ns : last_ns_, e.start_ns);
  if (open.reset >= 0) e.cut = "stream_reset";
  if (open.refused) e.cut = "stream_refused";
  e.request_done = e.answer_done = true;
  listener.on_finished(e, ending == Ending::kLost);
}

bool Conversation::quiet(uint64_t now_ns, Listener& listener) {
  bool wait = false;
  for (auto at = streams_.begin(); at != streams_.end();) {
    auto next = std::next(at);
    const Open& open = at->second;
    if (open.exchange && open.answer_done) {
      if (now_ns >= open.last_ns + kQuietNs) {
        finish(at, Ending::kWhole, listener);
      } else {
        wait = true;
      }
    } else if (open.exchange && open.uncertain) {
      if (now_ns >= gap_ns_ + kUncertainNs) {
        finish(at, Ending::kLost, listener);
      } else {
        wait = true;
      }
    }
    at = next;
  }
  return wait;
}

void Conversation::close(bool seen, Listener& listener) {
  while (!streams_.empty()) {
    const Open& open = streams_.begin()->second;
    auto ending = open.answer_done ? Ending::kWhole : seen ? Ending::kClosed : Ending::kUnseen;
    bool lost = !open.answer_done && (open.uncertain || (!open.answered && !seen));
    finish(streams_.begin(), lost ? Ending::kLost : ending, listener);
  }
}

}  // namespace tarsier::assemble::http2
