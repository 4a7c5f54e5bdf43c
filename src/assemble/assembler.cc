#include "assemble/assembler.h"

#include <netinet/in.h>

#include "assemble/address.h"
#include "assemble/counters.h"
#include "assemble/protocols/asked/turns.h"
#include "assemble/protocols/http1/stitch.h"
#include "assemble/protocols/http2/stitch.h"
#include "assemble/redact.h"

namespace tarsier::assemble {
namespace {

constexpr const Protocol* kProtocols[] = {&http1::kProtocol, &http2::kProtocol};

constexpr size_t kHeldMax = 50'000;              // finished exchanges that wait
constexpr uint64_t kUnnamedMaxNs = 5 * kSecond;  // how long discovery may take

Match match(const Protocol& protocol, Match (*begins)(std::string_view), const Call& call) {
  if (!(call.event.flags & capture::TS_DATA_FRAME)) return begins(call.bytes);
  return protocol.frames ? Match::kYes : Match::kNo;
}

Options checked(Options options) {
  if (options.metrics_interval_ns <= 0) options.metrics_interval_ns = 5 * kSecond;
  return options;
}

}  // namespace

std::unique_ptr<Assembler> make_assembler(const Options& options, const Clock& clock,
                                          model::Sink& out) {
  return std::make_unique<AssemblerImpl>(options, clock, out);
}

AssemblerImpl::AssemblerImpl(const Options& options, const Clock& clock, model::Sink& out)
    : options_(checked(options)),
      clock_(clock),
      processes_(options.host_name, options.host_id),
      connections_(options.connections_max),
      correlator_(TraceSampler(options.sampler, options.sampler_ratio), clock),
      checkpoint_(options.state),
      reporter_(options_, processes_, clock, checkpoint_, out) {
  set_redacted_keys(options.redacted_query_keys);
}

AssemblerImpl::~AssemblerImpl() {
  flush();
}

void AssemblerImpl::on_process(const capture::Process& process) {
  reporter_.hear_of(processes_.update(process));
}

void AssemblerImpl::on_process_exit(uint32_t pid) {
  processes_.exit(pid, clock_.monotonic_ns());
}

void AssemblerImpl::on_lost(uint64_t events) {
  counters().events_lost.add(events);
}

Connection& AssemblerImpl::connection(uint64_t cookie) {
  if (Connection* found = connections_.find(cookie)) {
    connections_.touch(*found);
    return *found;
  }
  if (Connection* surplus = connections_.surplus()) {
    counters().connections_evicted.add();
    close(*surplus, false);
  }
  return connections_.make(cookie);
}

void AssemblerImpl::on_open(const capture::ts_open& event) {
  counters().events.add();
  if (event.tuple.protocol != IPPROTO_TCP) return;
  Connection& c = connection(event.header.cookie);
  if (!c.has_tuple) {
    c.tuple = event.tuple;
    c.has_tuple = true;
    c.late = c.late || event.late;
    c.offsets[0].known = c.offsets[1].known = !c.late;
    format_address(c.tuple.local_address, c.local_address);
    format_address(c.tuple.peer_address, c.peer_address);
  }
  if (!c.has_side && event.role != capture::TS_ROLE_UNKNOWN) {
    c.has_side = true;
    c.side = event.role == capture::TS_ROLE_SERVER ? Side::kServer : Side::kClient;
  }
  correlator_.opened(c);
}

void AssemblerImpl::on_data(const capture::ts_data& event, const capture::ts_go_server* server,
                            const capture::ts_go_client* client, std::string_view payload) {
  counters().events.add();
  if (event.length == 0) return;
  Connection& c = connection(event.header.cookie);
  Call call{
      .event = event, .server = server, .client = client, .bytes = payload.substr(0, event.length)};
  Connection::Offset& offset = c.offsets[event.direction == capture::TS_SEND];
  if (offset.known && event.offset != offset.next) {
    call.missed = event.offset > offset.next ? event.offset - offset.next : 1;
  }
  offset = {event.offset + event.length, true};
  if (c.asked) leave_asked(c, call);
  if ((!c.stream || !c.has_side) && !recognise(c, call)) return counters().dropped_not_http.add();
  call.from_client = (c.side == Side::kServer) == (event.direction == capture::TS_RECEIVE);
  if (c.side == Side::kServer && !c.multiplexed && (event.goid || server)) {
    c.is_go = true;
    correlator_.server_call(c, call);
  }
  if (client && !c.multiplexed && event.direction == capture::TS_SEND) {
    c.caller = *client;
    c.caller_seq = event.tcp_seq;
    c.has_caller = true;
  }
  current_ = &c;
  c.stream->feed(call, *this);
  current_ = nullptr;
  if (correlator_.has_decided()) report_decided();
}

void AssemblerImpl::on_go_procs(const capture::ts_go_procs& event) {
  counters().events.add();
  Connection& c = connection(event.header.cookie);
  c.is_go = true;
  correlator_.server_procs(c, event);
}

void AssemblerImpl::on_go_stream(const capture::ts_go_stream& event) {
  counters().events.add();
  correlator_.go_stream(event);
}

// Which protocol this is, and which end, when that is not known from the connection's beginning.
bool AssemblerImpl::recognise(Connection& c, const Call& call) {
  if (call.bytes.empty()) return false;
  bool received = call.event.direction == capture::TS_RECEIVE;
  for (const Protocol* protocol : kProtocols) {
    bool by_client = !c.has_side || (c.side == Side::kServer) == received;
    bool by_server = !c.has_side || !by_client;
    bool request = by_client && match(*protocol, protocol->request, call) != Match::kNo;
    bool answer = by_server && match(*protocol, protocol->answer, call) != Match::kNo;
    if (!request && !answer) continue;
    if (!c.has_side) {
      if (request && answer) return false;  // too few bytes to tell
      c.has_side = true;
      c.side = request == received ? Side::kServer : Side::kClient;
      correlator_.opened(c);
    }
    // Not announced yet: events from before this worker, so its beginning was not seen either.
    if (!c.stream) {
      c.stream = protocol->open(c.has_tuple && !c.late);
      c.multiplexed = protocol->multiplexed;
    }
    return true;
  }
  return recognise_asked(c, call);
}

bool AssemblerImpl::recognise_asked(Connection& c, const Call& call) {
  if (!c.has_side || c.side != Side::kClient || !asked::may_be(call.bytes)) return false;
  c.stream = std::make_unique<asked::Turns>();
  c.asked = true;
  return true;
}

// What was seen first was the middle of a message, or a preface: now it shows what it is.
void AssemblerImpl::leave_asked(Connection& c, const Call& call) {
  bool send = call.event.direction == capture::TS_SEND;
  for (const Protocol* protocol : kProtocols) {
    auto begins = send ? protocol->request : protocol->answer;
    if (match(*protocol, begins, call) != Match::kYes) continue;
    current_ = &c;
    c.stream->close(false, *this);
    current_ = nullptr;
    c.stream = protocol->open(false);
    c.multiplexed = protocol->multiplexed;
    c.asked = false;
    return;
  }
}

// The event says when: the clock is dear where it is asked for every request.
ProcessEntry* AssemblerImpl::process_of(const Call& call) {
  const capture::ts_header& header = call.event.header;
  return processes_.get(header.pid, static_cast<int64_t>(header.time_ns));
}

NodePtr AssemblerImpl::cause_of(const Call& call) {
  return correlator_.cause_of(*process_of(call), call);
}

void AssemblerImpl::on_call(Exchange& e, const Call& call, NodePtr cause) {
  name(e, call);
  correlator_.call(e, std::move(cause));
}

void AssemblerImpl::on_request(Exchange& e, const Call& call, const Carrier& carrier) {
  name(e, call);
  correlator_.request(e, *current_, with_look(e, call), carrier);
}

// Whose it is, and between which ends.
void AssemblerImpl::name(Exchange& e, const Call& call) {
  Connection& c = *current_;
  checkpoint_.live().begun++;
  e.side = c.side;
  (e.side == Side::kServer ? counters().server_requests : counters().client_requests).add();
  e.process = process_of(call);
  if (c.has_tuple) {
    e.has_addresses = true;
    e.local_address = c.local_address;
    e.peer_address = c.peer_address;
    e.local_port = c.tuple.local_port;
    e.peer_port = c.tuple.peer_port;
    if (e.side == Side::kServer && !c.server_listed) {
      c.server_listed = true;
      reporter_.serves(c.tuple, *e.process);
    }
  }
}

void AssemblerImpl::on_answer(Exchange& exchange, const Call& call) {
  correlator_.answer(exchange, *current_, with_look(exchange, call));
}

// The look at a call may have come with any send of it, before its head was complete or after.
Call AssemblerImpl::with_look(const Exchange& exchange, Call call) const {
  const Connection& c = *current_;
  bool of_this_one = static_cast<int32_t>(c.caller_seq - exchange.start_seq) >= 0;
  if (!call.client && c.has_caller && of_this_one) call.client = &c.caller;
  return call;
}

void AssemblerImpl::on_finished(Exchange& e, bool lost) {
  correlator_.finished(e, *current_);
  e.finished = true;
  if (!e.trace->decided) {  // even when lost: others may wait for it
    held_.push_back({e.end_ns + static_cast<uint64_t>(options_.span_wait_max_ns), e.trace});
  }
  if (lost) {
    counters().answer_lost.add();
    return discard(e);
  }
  if (!e.process->known) unnamed_.push_back(e.trace);
  report(e);
}

void AssemblerImpl::on_unsettled() {
  if (current_->unsettled) return;
  current_->unsettled = true;
  unsettled_.push_back(current_->cookie);
}

void AssemblerImpl::on_close(const capture::ts_header& event) {
  counters().events.add();
  if (Connection* found = connections_.find(event.cookie)) close(*found, true);
  if (correlator_.has_decided()) report_decided();
}

void AssemblerImpl::close(Connection& c, bool seen) {
  current_ = &c;
  if (c.stream) c.stream->close(seen, *this);
  current_ = nullptr;
  correlator_.closed(c, static_cast<uint64_t>(clock_.monotonic_ns()));
  connections_.erase(c);
}

void AssemblerImpl::on_flow(const capture::ts_flow& event) {
  counters().events.add();
  reporter_.flow(event);
}

void AssemblerImpl::report_decided() {
  for (const NodePtr& node : correlator_.take_decided()) {
    if (node->exchange && node->exchange->finished) report(*node->exchange);
  }
}

// Once it is known whose it is and where it belongs.
void AssemblerImpl::report(Exchange& e) {
  if (!e.process->known || !e.trace->decided) return;
  reporter_.report(e);
  discard(e);
}

void AssemblerImpl::discard(Exchange& e) {
  checkpoint_.live().ended++;
  e.trace->exchange = nullptr;
  pool_.give(e);
}

void AssemblerImpl::close_quiet(uint64_t now_ns) {
  std::vector<uint64_t> cookies = std::move(unsettled_);
  unsettled_.clear();
  for (uint64_t cookie : cookies) {
    Connection* c = connections_.find(cookie);
    if (!c || !c->stream) continue;
    c->unsettled = false;
    current_ = c;
    if (c->stream->quiet(now_ns, *this)) on_unsettled();
  }
  current_ = nullptr;
}

void AssemblerImpl::report_overdue(uint64_t now_ns, bool all) {
  while (!held_.empty() &&
         (all || held_.front().deadline_ns <= now_ns || held_.size() > kHeldMax)) {
    Held held = std::move(held_.front());
    held_.pop_front();
    if (held.node->decided) continue;
    counters().link_timeout.add();
    correlator_.force(*held.node);
  }
  report_decided();
  std::vector<NodePtr> unnamed = std::move(unnamed_);
  unnamed_.clear();
  for (NodePtr& node : unnamed) {
    Exchange* e = node->exchange;
    if (!e) continue;  // reported meanwhile
    bool overdue = all || e->end_ns + kUnnamedMaxNs < now_ns || unnamed.size() > kHeldMax;
    if (!e->process->known && overdue) processes_.name_unknown(*e->process);
    if (e->process->known) {
      report(*e);
    } else {
      unnamed_.push_back(std::move(node));
    }
  }
}

void AssemblerImpl::tick() {
  auto now_ns = static_cast<uint64_t>(clock_.monotonic_ns());
  if (!unsettled_.empty()) close_quiet(now_ns);
  correlator_.expire(now_ns, connections_);
  report_overdue(now_ns, false);
  processes_.expire(static_cast<int64_t>(now_ns));
  reporter_.expire(now_ns);
  reporter_.send(false);
}

void AssemblerImpl::flush() {
  while (Connection* c = connections_.oldest()) close(*c, false);
  report_overdue(static_cast<uint64_t>(clock_.monotonic_ns()), true);
  reporter_.send(true);
}

}  // namespace tarsier::assemble
