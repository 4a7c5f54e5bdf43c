// The connections of watched processes, by socket cookie.
#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <string>

#include "assemble/protocols/protocol.h"

namespace tarsier::assemble {

struct Connection {
  uint64_t cookie = 0;
  capture::ts_tuple tuple{};
  bool has_tuple = false;
  bool has_side = false;
  bool late = false;  // bytes went by before it was first seen
  Side side = Side::kServer;
  bool is_go = false;          // trace/go_links.h knows it
  bool peer_unseen = false;    // its other end was waited for in vain
  bool client_listed = false;  // among the client ends of trace/peers.h
  bool server_listed = false;  // its address is known to be the process's
  bool asked = false;          // `stream` is protocols/asked's
  bool unsettled = false;      // waits for its quiet()
  bool multiplexed = false;    // as its protocol says
  struct Offset {
    uint64_t next = 0;
    bool known = false;
  } offsets[2];  // by ts_direction
  std::unique_ptr<Stream> stream;
  capture::ts_go_client caller{};  // what the last look at a call of this client found
  uint32_t caller_seq = 0;         // TCP sequence number of the send that it came with
  bool has_caller = false;
  std::string local_address, peer_address;
  Connection *newer = nullptr, *older = nullptr;
};

// Bounded: when full, the one that was idle for longest goes.
class Connections {
 public:
  explicit Connections(size_t max) : max_(max ? max : 1) {}

  Connection* find(uint64_t cookie);
  Connection& make(uint64_t cookie);  // must not be there
  // Marks it as the one used last.
  void touch(Connection& connection);
  // The one to close before another is made; null while there is room.
  Connection* surplus();
  Connection* oldest() { return oldest_; }
  void erase(Connection& connection);
  size_t size() const { return by_cookie_.size(); }

 private:
  void unlink(Connection& connection);
  void link_newest(Connection& connection);

  const size_t max_;
  boost::unordered_flat_map<uint64_t, std::unique_ptr<Connection>> by_cookie_;
  Connection *newest_ = nullptr, *oldest_ = nullptr;
};

}  // namespace tarsier::assemble
