// Which request a Go program's call belongs to, from what its runtime shows at the sockets: the
// goroutine of each server connection, its requests' contexts, and the goroutine that waits for the
// call's answer.
//
// Certain, in this order:
// - The caller is a connection's own goroutine: it runs the handler of the request being served.
// - The caller was started by it since that request was received. Goroutine ids are handed out to
//   the Ps in batches, so a list of what each P still had to give at that moment tells newer from
//   older. A connection's goroutine serves many requests, so its number alone would not do (except
//   for the connection's first request: the lists begin when the process connects to another). Once
//   the request is answered this ends soon: a goroutine that lives longer than what started it is a
//   worker's, whoever its work is for.
// - The call's context descends from a connection's, and the one below that is a request's. Which
//   one is known when that request is answered, so such a call waits until then: an address that an
//   older request's context had may have been used again.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <deque>
#include <memory>
#include <vector>

#include "assemble/trace/node.h"
#include "capture/events.h"

namespace tarsier::assemble {

class GoLinks {
 public:
  // A call on a server connection: who reads it, and what the runtime showed.
  // `joined_late`: the connection's first bytes were not seen.
  void server_call(uint32_t pid, uint64_t cookie, bool joined_late, const capture::ts_data& event,
                   const capture::ts_go_server* link, std::vector<NodePtr>& resolved);
  // What every P had to give when the call that comes next was made.
  void server_procs(uint64_t cookie, const capture::ts_go_procs& procs);
  // The head of a request is complete.
  void server_request(uint64_t cookie, Node& node);
  // It is answered, or given up. Times are CLOCK_MONOTONIC.
  void server_answered(uint64_t cookie, Node& node, uint64_t end_ns,
                       std::vector<NodePtr>& resolved);
  void closed(uint64_t cookie, uint64_t now_ns, std::vector<NodePtr>& resolved);
  void expire(uint64_t now_ns);

  enum class Found { kYes, kNo, kLater };
  // Sets the candidate of a call's node; kLater: it is among `resolved` of a later call.
  Found find(uint32_t pid, const capture::ts_go_client& link, uint64_t start_ns, Node& node);
  // The goroutine is a connection's own. When every request seen there is answered, it is serving
  // one that was not seen: false.
  bool find_serving(uint32_t pid, uint64_t goid, Node& node);
  // The request, not answered yet, that the goroutine serves, or the one that started it.
  NodePtr serving(uint32_t pid, uint64_t goid, uint64_t parent_goid) const;

 private:
  static constexpr size_t kHistory = 8;  // requests of a connection that late calls may belong to

  struct Request {
    NodePtr node;
    uint64_t context = 0;                    // 0: not known
    uint64_t end_ns = 0;                     // of the answer; 0: there is none yet
    std::vector<capture::ts_go_proc> procs;  // as it was received; empty: not known

    bool answered() const { return end_ns != 0; }
    bool started(uint64_t goid) const;
  };
  struct Waiter {
    NodePtr node;
    uint64_t context;
  };
  struct Server {
    uint32_t pid = 0;
    bool joined_late = false, closed = false;
    uint64_t goid = 0, context = 0;
    uint64_t requests = 0;  // ever; the newest is history[(requests - 1) % kHistory]
    Request history[kHistory];
    std::vector<capture::ts_go_proc> next_procs;  // for the request being received
    std::vector<Waiter> waiters;

    Request& newest(size_t back) { return history[(requests - 1 - back) % kHistory]; }
    size_t size() const { return requests < kHistory ? requests : kHistory; }
    size_t serving() const;  // how far back the request being served is
    // What belongs to the connection and to none of its newer requests belongs to its first.
    bool is_first(size_t back) const { return !joined_late && back + 1 == requests; }
    Node* by_context(uint64_t wanted);
    Node* by_child(uint64_t goid, uint64_t start_ns);
  };
  struct Key {
    uint32_t pid;
    uint64_t id;
    bool operator==(const Key&) const = default;
    friend size_t hash_value(const Key& key) {
      return (key.id ^ uint64_t(key.pid) << 40) * 0x9e3779b97f4a7c15u;
    }
  };
  struct Closed {
    uint64_t time_ns;
    std::shared_ptr<Server> server;
  };
  using Table = boost::unordered_flat_map<Key, std::shared_ptr<Server>>;

  static Server* known(const Table& table, uint32_t pid, uint64_t id);
  void request_context(Server& server, uint64_t context, std::vector<NodePtr>& resolved);
  void resolve_waiters(Server& server, std::vector<NodePtr>& resolved);
  void forget(const std::shared_ptr<Server>& server);
  static void unlist(Table& table, uint64_t id, const std::shared_ptr<Server>& server);

  boost::unordered_flat_map<uint64_t, std::shared_ptr<Server>> by_cookie_;
  Table by_goid_, by_context_;
  std::deque<Closed> closed_;  // detached calls may still come from them
};

}  // namespace tarsier::assemble
