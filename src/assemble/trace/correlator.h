// Which exchange caused which: brings the evidence together and has each one decided.
#pragma once

#include <deque>
#include <vector>

#include "assemble/connections.h"
#include "assemble/trace/deciding.h"
#include "assemble/trace/go_links.h"
#include "assemble/trace/go_streams.h"
#include "assemble/trace/peers.h"
#include "assemble/trace/threads.h"

namespace tarsier::assemble {

class Correlator {
 public:
  Correlator(const TraceSampler& sampler, const Clock& clock) : deciding_(sampler), clock_(clock) {}

  void opened(Connection& connection);
  void closed(Connection& connection, uint64_t now_ns);
  void server_procs(const Connection& connection, const capture::ts_go_procs& procs) {
    go_.server_procs(connection.cookie, procs);
  }
  void go_stream(const capture::ts_go_stream& event) { streams_.told(event); }
  // Each call on a server connection, before its bytes are read.
  void server_call(const Connection& connection, const Call& call);
  void request(Exchange& exchange, Connection& connection, const Call& call,
               const Carrier& carrier);
  // The request that is being served where this call is made; null when there is none, or several.
  NodePtr cause_of(const ProcessEntry& process, const Call& call) const;
  // A client's exchange, with the cause that was found.
  void call(Exchange& exchange, NodePtr cause);
  // The first bytes of its answer.
  void answer(Exchange& exchange, const Connection& connection, const Call& call);
  void finished(Exchange& exchange, const Connection& connection);
  void expire(uint64_t now_ns, Connections& connections);
  // Stops waiting for anything the node hangs on.
  void force(Node& node);

  // Nodes decided since it was last called.
  std::vector<NodePtr> take_decided() { return std::exchange(decided_, {}); }
  bool has_decided() const { return !decided_.empty(); }

 private:
  // Server requests of a process by the context they came with.
  struct Incoming {
    NodePtr node;  // null when there are several
    uint32_t count = 0;
  };
  void server_request(Exchange& exchange, Connection& connection, const Call& call);
  void client_request(Exchange& exchange, Connection& connection, const Call& call);
  bool may_join(const Connection& connection) const;
  void find_cause(Exchange& exchange, const Connection& connection, const Call& call);
  bool find_passed_through(Exchange& exchange);
  void find_in_go(Exchange& exchange, const Call& call, bool last_look);
  GoLinks::Found find_caller(uint32_t pid, const capture::ts_go_client& link, Exchange& exchange);
  void find_stream_caller(Exchange& exchange, uint64_t cookie, bool last_look);
  void find_by_thread(Exchange& exchange, uint32_t thread);
  Exchange* served_by(uint32_t thread, const ProcessEntry& process, bool multiplexed,
                      bool& several) const;
  // The node's candidate is final.
  void settled(Node& node);
  void settle_resolved();

  Deciding deciding_;
  const Clock& clock_;
  Threads threads_;
  GoLinks go_;
  GoStreams streams_;
  Peers peers_;
  boost::unordered_flat_map<uint64_t, Incoming> incoming_;
  std::vector<NodePtr> decided_;
  std::vector<NodePtr> resolved_;  // by a Go program's links: for settle_resolved()
};

}  // namespace tarsier::assemble
