#include "assemble/exchange.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kSpareMax = 4'096;

}  // namespace

void Exchange::reset() {
  method.clear();
  target.clear();
  host.clear();
  error_code.clear();
  system = System::kHttp;
  local_address.clear();
  peer_address.clear();
  path_size = start_seq = thread = 0;
  host_port = local_port = peer_port = 0;
  status = 0;
  rpc_status = -1;
  stream = 0;
  cut = {};
  request_body = response_body = start_ns = answer_ns = end_ns = peer_key = 0;
  answered = request_done = answer_done = finished = second_look = has_addresses = false;
  side = Side::kServer;
  next = thread_next = thread_previous = nullptr;
  process.reset();
  trace.reset();
}

ExchangePool::~ExchangePool() {
  while (free_) {
    Exchange* next = free_->next;
    delete free_;
    free_ = next;
  }
}

Exchange& ExchangePool::take() {
  live_++;
  if (!free_) return *new Exchange;
  Exchange* exchange = free_;
  free_ = exchange->next;
  exchange->next = nullptr;
  spare_--;
  return *exchange;
}

void ExchangePool::give(Exchange& exchange) {
  live_--;
  if (spare_ == kSpareMax) {
    delete &exchange;
    return;
  }
  exchange.reset();
  exchange.next = free_;
  free_ = &exchange;
  spare_++;
}

}  // namespace tarsier::assemble
