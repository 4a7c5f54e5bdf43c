#include "assemble/trace/go_links.h"

#include <algorithm>

namespace tarsier::assemble {
namespace {

constexpr uint64_t kClosedKeepNs = 30'000'000'000;
constexpr size_t kClosedMax = 8'192;
constexpr size_t kWaitersMax = 256;  // calls that wait for one request's context
constexpr uint64_t kBatch = 16;      // goroutine ids that a P is given at once

}  // namespace

// Was the goroutine created after the request was received? Exact: an id in some P's batch is new
// if that P had not given it yet, one beyond all batches is new.
bool GoLinks::Request::started(uint64_t goid) const {
  uint64_t top = 0;
  for (const capture::ts_go_proc& p : procs) {
    if (goid < p.end && goid + kBatch >= p.end) return goid >= p.next;
    top = std::max<uint64_t>(top, p.end);
  }
  return goid >= top;
}

// The oldest that is not answered (the others are still in the buffer), else the newest.
size_t GoLinks::Server::serving() const {
  for (size_t back = size(); back-- > 0;) {
    if (!history[(requests - 1 - back) % kHistory].answered()) return back;
  }
  return 0;
}

// A request whose context is not known could be the one, so nothing beyond it is certain.
Node* GoLinks::Server::by_context(uint64_t wanted) {
  for (size_t back = serving(); back < size(); back++) {
    Request& request = newest(back);
    if (request.context == wanted) return request.node.get();
    // Where the context of a closed connection lay there may be another one by now.
    if (request.context == 0) return is_first(back) && !closed ? request.node.get() : nullptr;
  }
  return nullptr;
}

Node* GoLinks::Server::by_child(uint64_t child, uint64_t start_ns) {
  for (size_t back = serving(); back < size(); back++) {
    Request& request = newest(back);
    if (request.procs.empty() && !is_first(back)) return nullptr;
    if (!request.procs.empty() && !request.started(child)) continue;
    bool late = request.answered() && start_ns > request.end_ns + kChildKeepNs;
    return late ? nullptr : request.node.get();
  }
  return nullptr;
}

void GoLinks::server_call(uint32_t pid, uint64_t cookie, bool joined_late,
                          const capture::ts_data& event, const capture::ts_go_server* link,
                          std::vector<NodePtr>& resolved) {
  std::shared_ptr<Server>& server = by_cookie_[cookie];
  if (!server) server = std::make_shared<Server>();
  server->pid = pid;
  server->joined_late = joined_late;
  bool receive = event.direction == capture::TS_RECEIVE;
  if (receive && event.goid && !(event.flags & capture::TS_DATA_PEEK_BYTE) &&
      server->goid != event.goid) {
    unlist(by_goid_, server->goid, server);
    server->goid = event.goid;
    by_goid_[{pid, event.goid}] = server;
  }
  if (!link) return;
  if (link->connection_context && server->context != link->connection_context) {
    unlist(by_context_, server->context, server);
    server->context = link->connection_context;
    by_context_[{pid, server->context}] = server;
  }
  if (receive && link->procs) {
    size_t procs = std::min<size_t>(link->procs, capture::TS_GO_PROCS_MAX);
    server->next_procs.assign(link->proc, link->proc + procs);
  } else if (link->request_context) {
    request_context(*server, link->request_context, resolved);
  }
}

void GoLinks::server_procs(uint64_t cookie, const capture::ts_go_procs& procs) {
  std::shared_ptr<Server>& server = by_cookie_[cookie];
  if (!server) server = std::make_shared<Server>();
  size_t count = std::min<size_t>(procs.procs, capture::TS_GO_MANY_PROCS_MAX);
  server->next_procs.assign(procs.proc, procs.proc + count);
}

void GoLinks::server_request(uint64_t cookie, Node& node) {
  auto found = by_cookie_.find(cookie);
  if (found == by_cookie_.end()) return;
  Server& server = *found->second;
  server.requests++;
  Request& request = server.newest(0);
  request.node = &node;
  request.context = 0;
  request.end_ns = 0;
  // Another one in the same read was received earlier than it was begun: it gets no list.
  request.procs.swap(server.next_procs);
  server.next_procs.clear();
}

void GoLinks::request_context(Server& server, uint64_t context, std::vector<NodePtr>& resolved) {
  if (server.requests == 0) return;
  Request& request = server.newest(server.serving());
  if (request.context == 0) request.context = context;
  resolve_waiters(server, resolved);
}

void GoLinks::resolve_waiters(Server& server, std::vector<NodePtr>& resolved) {
  for (Waiter& waiter : server.waiters) {
    if (!waiter.node->pending) continue;
    waiter.node->candidate = server.by_context(waiter.context);
    resolved.push_back(std::move(waiter.node));
  }
  server.waiters.clear();
}

void GoLinks::server_answered(uint64_t cookie, Node& node, uint64_t end_ns,
                              std::vector<NodePtr>& resolved) {
  auto found = by_cookie_.find(cookie);
  if (found == by_cookie_.end()) return;
  Server& server = *found->second;
  resolve_waiters(server, resolved);  // no context was shown: they will not be told
  for (Request& request : server.history) {
    if (request.node == &node) request.end_ns = end_ns;
  }
}

GoLinks::Server* GoLinks::known(const Table& table, uint32_t pid, uint64_t id) {
  auto found = id ? table.find({pid, id}) : table.end();
  return found == table.end() || found->second->requests == 0 ? nullptr : found->second.get();
}

GoLinks::Found GoLinks::find(uint32_t pid, const capture::ts_go_client& link, uint64_t start_ns,
                             Node& node) {
  if (find_serving(pid, link.caller_goid, node)) return Found::kYes;
  Server* parent = known(by_goid_, pid, link.caller_parent_goid);
  Node* child_of = parent ? parent->by_child(link.caller_goid, start_ns) : nullptr;
  size_t length = std::min<size_t>(link.chain_length, capture::TS_GO_CHAIN_MAX);
  for (size_t i = 1; i < length; i++) {
    Server* server = known(by_context_, pid, link.chain[i]);
    if (!server) continue;
    Request& served = server->newest(server->serving());
    bool child_of_served = child_of && child_of == served.node.get();
    if (child_of_served && !served.answered()) break;
    if (!served.answered() && served.context == 0 && server->waiters.size() < kWaitersMax) {
      server->waiters.push_back({&node, link.chain[i - 1]});
      return Found::kLater;
    }
    node.candidate = server->by_context(link.chain[i - 1]);
    if (node.candidate) return Found::kYes;
    // It may be no connection's, but lie where that of a closed one lay.
  }
  node.candidate = child_of;
  return child_of ? Found::kYes : Found::kNo;
}

bool GoLinks::find_serving(uint32_t pid, uint64_t goid, Node& node) {
  Server* server = known(by_goid_, pid, goid);
  if (!server || server->newest(server->serving()).answered()) return false;
  node.candidate = server->newest(server->serving()).node;
  return true;
}

NodePtr GoLinks::serving(uint32_t pid, uint64_t goid, uint64_t parent_goid) const {
  if (Server* server = known(by_goid_, pid, goid)) {
    Request& request = server->newest(server->serving());
    if (!request.answered()) return request.node;
  }
  Server* parent = known(by_goid_, pid, parent_goid);
  if (!parent) return nullptr;
  Request& request = parent->newest(parent->serving());
  bool its_own = !request.answered() && !request.procs.empty() && request.started(goid);
  return its_own ? request.node : nullptr;
}

void GoLinks::closed(uint64_t cookie, uint64_t now_ns, std::vector<NodePtr>& resolved) {
  auto found = by_cookie_.find(cookie);
  if (found == by_cookie_.end()) return;
  resolve_waiters(*found->second, resolved);
  found->second->closed = true;
  closed_.push_back({now_ns, std::move(found->second)});
  by_cookie_.erase(found);
  if (closed_.size() > kClosedMax) {
    forget(closed_.front().server);
    closed_.pop_front();
  }
}

void GoLinks::expire(uint64_t now_ns) {
  for (; !closed_.empty() && closed_.front().time_ns + kClosedKeepNs < now_ns;
       closed_.pop_front()) {
    forget(closed_.front().server);
  }
}

void GoLinks::forget(const std::shared_ptr<Server>& server) {
  unlist(by_goid_, server->goid, server);
  unlist(by_context_, server->context, server);
}

// Unless the number names another one by now.
void GoLinks::unlist(Table& table, uint64_t id, const std::shared_ptr<Server>& server) {
  auto found = table.find({server->pid, id});
  if (found != table.end() && found->second == server) table.erase(found);
}

}  // namespace tarsier::assemble
