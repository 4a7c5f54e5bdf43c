#include "assemble/trace/correlator.h"

#include "assemble/counters.h"
#include "base/clock.h"
#include "base/hash.h"

namespace tarsier::assemble {
namespace {

// How long a server's request waits for the client's on this host: the ring's order is not exactly
// the wire's.
constexpr uint64_t kJoinWaitNs = 100 * kMillisecond;

uint64_t incoming_key(const ProcessEntry& process, const Remote& remote) {
  return hash64(remote.trace_id.raw(), hash64(remote.span_id.raw(), process.pid));
}

}  // namespace

void Correlator::opened(Connection& connection) {
  if (!connection.has_tuple) return;
  peers_.add_local(connection.tuple);
  if (connection.has_side && connection.side == Side::kClient && !connection.client_listed) {
    connection.client_listed = true;
    peers_.add_client(connection.tuple);
  }
}

void Correlator::closed(Connection& connection, uint64_t now_ns) {
  if (connection.client_listed) peers_.remove_client(connection.tuple);
  if (!connection.is_go) return;
  go_.closed(connection.cookie, now_ns, resolved_);
  settle_resolved();
}

void Correlator::server_call(const Connection& connection, const Call& call) {
  go_.server_call(call.event.header.pid, connection.cookie, connection.late, call.event,
                  call.server, resolved_);
  if (!resolved_.empty()) settle_resolved();
}

void Correlator::settled(Node& node) {
  node.pending = false;
  deciding_.update(node, decided_);
}

void Correlator::settle_resolved() {
  for (const NodePtr& node : std::exchange(resolved_, {})) {
    if (!node->pending) continue;
    if (!node->candidate) counters().link_unknown.add();
    settled(*node);
  }
}

void Correlator::request(Exchange& exchange, Connection& connection, const Call& call,
                         const Carrier& carrier) {
  Node& node = *(exchange.trace = new Node);
  node.exchange = &exchange;
  node.server = exchange.side == Side::kServer;
  if (!carrier.traceparent.empty() || !carrier.b3.empty()) node.remote = extract(carrier);
  if (connection.has_tuple) {
    exchange.peer_key =
        Peers::key(connection.tuple, !node.server, exchange.start_seq, exchange.stream);
  }
  if (node.server) {
    server_request(exchange, connection, call);
  } else {
    client_request(exchange, connection, call);
  }
}

void Correlator::server_request(Exchange& exchange, Connection& connection, const Call& call) {
  Node& node = *exchange.trace;
  if (exchange.peer_key) node.candidate = peers_.server_began(exchange.peer_key);
  if (!node.candidate && may_join(connection)) {
    node.pending = true;
    // By the clock, not the event's time: when the ring is behind, the client's event may be too.
    auto now_ns = static_cast<uint64_t>(clock_.monotonic_ns());
    peers_.wait(exchange.peer_key, &node, connection.cookie, now_ns + kJoinWaitNs);
  }
  if (node.remote) {
    Incoming& incoming = incoming_[incoming_key(*exchange.process, node.remote)];
    incoming.node = incoming.count++ == 0 ? &node : nullptr;
  }
  if (connection.is_go) {
    go_.server_request(connection.cookie, node);
  } else if (exchange.process->is_go) {
    if (exchange.stream) streams_.request(connection.cookie, exchange.stream, node);
  } else {
    threads_.received(call.event.header.tid, exchange);
  }
  deciding_.update(node, decided_);
}

NodePtr Correlator::cause_of(const ProcessEntry& process, const Call& call) const {
  const capture::ts_data& event = call.event;
  if (process.is_go || event.goid || call.client) {
    uint64_t parent = call.client ? call.client->caller_parent_goid : 0;
    if (NodePtr own = streams_.serving(event.header.pid, event.goid)) return own;
    NodePtr cause = go_.serving(event.header.pid, event.goid, parent);
    return cause ? cause : streams_.serving(event.header.pid, parent);
  }
  bool several = false;
  Exchange* cause = served_by(event.header.tid, process, false, several);
  return cause ? cause->trace : nullptr;
}

void Correlator::call(Exchange& exchange, NodePtr cause) {
  Node& node = *(exchange.trace = new Node);
  node.exchange = &exchange;
  node.candidate = std::move(cause);
  deciding_.update(node, decided_);
}

bool Correlator::may_join(const Connection& connection) const {
  if (!connection.has_tuple) return false;
  if (peers_.client_watched(connection.tuple)) return true;
  return !connection.peer_unseen && peers_.peer_local(connection.tuple);
}

void Correlator::client_request(Exchange& exchange, Connection& connection, const Call& call) {
  Node& node = *exchange.trace;
  find_cause(exchange, connection, call);
  NodePtr server;
  if (exchange.peer_key) server = peers_.client_began(exchange.peer_key, &node);
  deciding_.update(node, decided_);
  if (server && server->pending) {
    server->candidate = &node;
    settled(*server);
  }
}

// The server request, in the same process, that caused this call.
void Correlator::find_cause(Exchange& exchange, const Connection& connection, const Call& call) {
  if (exchange.trace->remote && find_passed_through(exchange)) return;
  if (exchange.stream && exchange.process->is_go) {
    find_stream_caller(exchange, connection.cookie, false);
  } else if (exchange.process->is_go || call.event.goid || call.client) {
    find_in_go(exchange, call, false);
  } else {
    find_by_thread(exchange, call.event.header.tid);
  }
}

// A header that is sent on as it was received names its request, if only one came with it.
bool Correlator::find_passed_through(Exchange& exchange) {
  Node& node = *exchange.trace;
  auto found = incoming_.find(incoming_key(*exchange.process, node.remote));
  if (found == incoming_.end() || !found->second.node) return false;
  node.candidate = found->second.node;
  return true;
}

// Capture looks when a call is sent, and once more at its answer if the caller was not waiting yet
// the first time: its context alone tells only when it is a request's.
void Correlator::find_in_go(Exchange& exchange, const Call& call, bool last_look) {
  Node& node = *exchange.trace;
  const capture::ts_go_client* link = call.client;
  auto found = GoLinks::Found::kNo;
  if (link && (link->caller_goid || link->chain_length)) {
    found = find_caller(call.event.header.pid, *link, exchange);
  } else if (!last_look && go_.find_serving(call.event.header.pid, call.event.goid, node)) {
    found = GoLinks::Found::kYes;
  }
  bool caller_seen = link && link->caller_goid && !link->sender;
  exchange.second_look = found == GoLinks::Found::kNo && !caller_seen && !last_look;
  node.pending = exchange.second_look || found == GoLinks::Found::kLater;
  if (found == GoLinks::Found::kNo && !exchange.second_look) counters().link_unknown.add();
}

// A goroutine that a handler of HTTP/2 started may by now be a worker for others, so what it was
// given tells more.
GoLinks::Found Correlator::find_caller(uint32_t pid, const capture::ts_go_client& link,
                                       Exchange& exchange) {
  Node& node = *exchange.trace;
  if ((node.candidate = streams_.find(pid, link))) return GoLinks::Found::kYes;
  GoLinks::Found found = go_.find(pid, link, exchange.start_ns, node);
  if (found != GoLinks::Found::kNo) return found;
  node.candidate = streams_.serving(pid, link.caller_parent_goid);
  return node.candidate ? GoLinks::Found::kYes : GoLinks::Found::kNo;
}

// A call over a stream: net/http sends from a goroutine that the caller started, gRPC tells who
// sends the first message, which may be later than the head.
void Correlator::find_stream_caller(Exchange& exchange, uint64_t cookie, bool last_look) {
  const capture::ts_go_stream* caller = streams_.caller(cookie, exchange.stream);
  auto found = GoLinks::Found::kNo;
  if (caller) {
    capture::ts_go_client link{};
    link.caller_goid = caller->own ? caller->goid : caller->parent_goid;
    link.caller_parent_goid = caller->own ? caller->parent_goid : 0;
    found = find_caller(caller->header.pid, link, exchange);
    streams_.forget_caller(cookie, exchange.stream);
  }
  exchange.second_look = !caller && !last_look;
  exchange.trace->pending = exchange.second_look || found == GoLinks::Found::kLater;
  if (found == GoLinks::Found::kNo && !exchange.second_look) counters().link_unknown.add();
}

// Of a connection with several requests at once any thread may read or write those of others.
Exchange* Correlator::served_by(uint32_t thread, const ProcessEntry& process, bool multiplexed,
                                bool& several) const {
  Exchange* cause = threads_.serving(thread, several);
  if (!cause || process.serving <= 1 || !(multiplexed || cause->stream)) return cause;
  several = true;
  return nullptr;
}

void Correlator::find_by_thread(Exchange& exchange, uint32_t thread) {
  bool several = false;
  if (Exchange* cause = served_by(thread, *exchange.process, exchange.stream != 0, several)) {
    exchange.trace->candidate = cause->trace;
  } else {
    (several ? counters().link_ambiguous : counters().link_unknown).add();
  }
}

void Correlator::answer(Exchange& exchange, const Connection& connection, const Call& call) {
  if (!exchange.second_look) return;
  if (exchange.stream) {
    find_stream_caller(exchange, connection.cookie, false);
  } else {
    find_in_go(exchange, call, true);
  }
  deciding_.update(*exchange.trace, decided_);
}

void Correlator::finished(Exchange& exchange, const Connection& connection) {
  Node& node = *exchange.trace;
  if (!node.server) {
    if (exchange.peer_key) peers_.client_ended(exchange.peer_key);
    if (!exchange.second_look) return;
    if (exchange.stream) find_stream_caller(exchange, connection.cookie, true);
    settled(node);
    return;
  }
  threads_.answered(exchange);
  if (exchange.stream) streams_.answered(connection.cookie, exchange.stream, exchange.end_ns);
  if (connection.is_go) {
    go_.server_answered(connection.cookie, node, exchange.end_ns, resolved_);
    settle_resolved();
  }
  if (!node.remote) return;
  auto found = incoming_.find(incoming_key(*exchange.process, node.remote));
  if (found != incoming_.end() && --found->second.count == 0) incoming_.erase(found);
}

void Correlator::expire(uint64_t now_ns, Connections& connections) {
  go_.expire(now_ns);
  streams_.expire(now_ns);
  uint64_t cookie = 0;
  while (NodePtr node = peers_.timed_out(now_ns, cookie)) {
    if (!node->pending) continue;
    counters().join_timeout.add();
    if (Connection* connection = connections.find(cookie)) connection->peer_unseen = true;
    settled(*node);
  }
}

void Correlator::force(Node& node) {
  while (!node.decided) deciding_.force(node, decided_);
}

}  // namespace tarsier::assemble
