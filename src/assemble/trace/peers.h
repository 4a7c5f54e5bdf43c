// Finds the other end of a connection on this host: the request that a server reads began, at the
// client, with a byte of the same TCP sequence number.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <boost/unordered/unordered_flat_set.hpp>
#include <deque>

#include "assemble/trace/node.h"
#include "capture/events.h"

namespace tarsier::assemble {

class Peers {
 public:
  // Names the byte `seq` that the client end sent, with the `stream` that begins there (or 0). The
  // client's address and port are enough: the server's may be translated on the way. Loopback
  // addresses exist once per network namespace.
  static uint64_t key(const capture::ts_tuple& tuple, bool local_is_client, uint32_t seq,
                      uint32_t stream = 0);

  // Client ends of watched processes, and addresses that this host has.
  void add_client(const capture::ts_tuple& tuple);
  void remove_client(const capture::ts_tuple& tuple);
  void add_local(const capture::ts_tuple& tuple);
  // The peer of this server connection is a watched process here / may be a process here.
  bool client_watched(const capture::ts_tuple& tuple) const;
  bool peer_local(const capture::ts_tuple& tuple) const;

  // A client's request began: gives the server's, if that one waits for it already.
  NodePtr client_began(uint64_t key, NodePtr node);
  void client_ended(uint64_t key);
  // A server's request began: gives the client's, null when it has not been seen.
  NodePtr server_began(uint64_t key);
  void wait(uint64_t key, NodePtr server, uint64_t connection, uint64_t deadline_ns);
  // The next server request whose wait is over without success, null when there is none.
  NodePtr timed_out(uint64_t now_ns, uint64_t& connection);

 private:
  struct Waiting {
    uint64_t deadline_ns, key, connection;
    NodePtr node;
  };
  boost::unordered_flat_map<uint64_t, uint32_t> client_ends_;
  boost::unordered_flat_set<uint64_t> local_addresses_;
  boost::unordered_flat_map<uint64_t, NodePtr> clients_;
  boost::unordered_flat_map<uint64_t, NodePtr> servers_;
  std::deque<Waiting> waiting_;
};

}  // namespace tarsier::assemble
