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

void Correlator::closed(Connection& connection) {
  if (connection.client_listed) peers_.remove_client(connection.tuple);
}

void Correlator::request(Exchange& exchange, Connection& connection, const Call& call,
                         const Carrier& carrier) {
  Node& node = *(exchange.trace = new Node);
  node.exchange = &exchange;
  node.server = exchange.side == Side::kServer;
  if (!carrier.traceparent.empty() || !carrier.b3.empty()) node.remote = extract(carrier);
  if (connection.has_tuple) {
    exchange.peer_key = Peers::key(connection.tuple, !node.server, exchange.start_seq);
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
    peers_.wait(exchange.peer_key, &node, call.event.header.time_ns + kJoinWaitNs);
  }
  if (node.remote) {
    Incoming& incoming = incoming_[incoming_key(*exchange.process, node.remote)];
    incoming.node = incoming.count++ == 0 ? &node : nullptr;
  }
  threads_.received(call.event.header.tid, exchange);
  deciding_.update(node, decided_);
}

bool Correlator::may_join(const Connection& connection) const {
  if (!connection.has_tuple || connection.peer_unseen) return false;
  return peers_.client_watched(connection.tuple) || peers_.peer_local(connection.tuple);
}

void Correlator::client_request(Exchange& exchange, Connection&, const Call& call) {
  Node& node = *exchange.trace;
  find_cause(exchange, call);
  NodePtr server;
  if (exchange.peer_key) server = peers_.client_began(exchange.peer_key, &node);
  deciding_.update(node, decided_);
  if (server && server->pending) {
    server->candidate = &node;
    server->pending = false;
    deciding_.update(*server, decided_);
  }
}

// The server request, in the same process, that caused this call.
void Correlator::find_cause(Exchange& exchange, const Call& call) {
  Node& node = *exchange.trace;
  if (node.remote) {
    auto found = incoming_.find(incoming_key(*exchange.process, node.remote));
    if (found != incoming_.end() && found->second.node) {
      node.candidate = found->second.node;
      return;
    }
  }
  bool several = false;
  if (Exchange* cause = threads_.serving(call.event.header.tid, several)) {
    node.candidate = cause->trace;
  } else {
    (several ? counters().link_ambiguous : counters().link_unknown).add();
  }
}

void Correlator::answer(Exchange&, const Call&) {}

void Correlator::finished(Exchange& exchange) {
  threads_.answered(exchange);
  Node& node = *exchange.trace;
  if (!node.server) {
    if (exchange.peer_key) peers_.client_ended(exchange.peer_key);
    return;
  }
  if (!node.remote) return;
  auto found = incoming_.find(incoming_key(*exchange.process, node.remote));
  if (found != incoming_.end() && --found->second.count == 0) incoming_.erase(found);
}

void Correlator::expire(uint64_t now_ns) {
  while (NodePtr node = peers_.timed_out(now_ns)) {
    if (!node->pending) continue;
    counters().join_timeout.add();
    node->pending = false;
    deciding_.update(*node, decided_);
  }
}

void Correlator::force(Node& node) {
  while (!node.decided) deciding_.force(node, decided_);
}

}  // namespace tarsier::assemble
