#include "assemble/protocols/asked/turns.h"

#include "assemble/counters.h"

namespace tarsier::assemble::asked {
namespace {

constexpr uint64_t kQuietNs = 1'000'000'000;  // what comes after that long is not the answer's

Part part_of(const Call& call) {
  return {call.bytes.substr(0, capture::TS_CAPTURE_ASKED), call.event.length};
}

}  // namespace

bool may_be(std::string_view bytes) {
  if (bytes.empty() || bytes.starts_with("PRI ")) return false;
  return !(bytes.size() > 1 && (bytes[0] == 0x16 || bytes[0] == 0x17) && bytes[1] == 3);
}

void Turns::feed(const Call& call, Listener& listener) {
  if (call.from_client) {
    ask(call, listener);
  } else {
    answer(call, listener);
  }
}

void Turns::ask(const Call& call, Listener& listener) {
  if (exchange_) finish(listener);
  Part part = part_of(call);
  if (is_one_way(system_, part)) return counters().dropped_no_answer.add();
  NodePtr cause = listener.cause_of(call);
  if (cause_ && cause_ != cause) give_up();
  if (!cause) return counters().dropped_nobodys.add();
  if (!cause_) begin(call, std::move(cause));
  question_size_ += call.event.length;
}

void Turns::begin(const Call& call, NodePtr cause) {
  Part part = part_of(call);
  if (system_ == System::kOther) system_ = by_question(part);
  cause_ = std::move(cause);
  question_.assign(part.bytes);
  first_size_ = part.length;
  question_size_ = 0;
  start_ns_ = call.event.header.time_ns;
  start_seq_ = call.event.tcp_seq;
}

void Turns::answer(const Call& call, Listener& listener) {
  const uint64_t now_ns = call.event.header.time_ns;
  if (exchange_ && now_ns > exchange_->end_ns + kQuietNs) finish(listener);
  if (!exchange_ && !cause_) {
    if (system_ == System::kOther) system_ = by_greeting(part_of(call));
    return counters().dropped_nobodys.add();
  }
  if (!exchange_) answered(call, listener);
  exchange_->end_ns = now_ns;
  exchange_->response_body += call.event.length;
}

// The first bytes of the answer: only now it is a call.
void Turns::answered(const Call& call, Listener& listener) {
  Part question{question_, first_size_}, answer = part_of(call);
  if (system_ == System::kOther) system_ = by_both(question, answer);
  Exchange& e = listener.make_exchange();
  e.system = system_;
  e.method = operation(system_, question);
  e.error_code = error_code(system_, answer);
  e.start_ns = start_ns_;
  e.start_seq = start_seq_;
  e.answer_ns = e.end_ns = call.event.header.time_ns;
  e.request_body = question_size_;
  exchange_ = &e;
  listener.on_call(e, call, std::move(cause_));
  cause_.reset();
  listener.on_unsettled();
}

void Turns::give_up() {
  counters().dropped_no_answer.add();
  cause_.reset();
}

void Turns::finish(Listener& listener) {
  exchange_->request_done = exchange_->answer_done = true;
  listener.on_finished(*std::exchange(exchange_, nullptr), false);
}

void Turns::close(bool, Listener& listener) {
  if (exchange_) finish(listener);
  if (cause_) give_up();
}

bool Turns::quiet(uint64_t now_ns, Listener& listener) {
  if (!exchange_) return false;
  if (now_ns < exchange_->end_ns + kQuietNs) return true;
  finish(listener);
  return false;
}

}  // namespace tarsier::assemble::asked
