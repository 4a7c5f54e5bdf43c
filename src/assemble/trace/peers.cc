#include "assemble/trace/peers.h"

#include <cstring>

#include "assemble/address.h"
#include "base/hash.h"

namespace tarsier::assemble {
namespace {

constexpr size_t kLocalAddressesMax = 4'096;

uint64_t address_hash(const uint8_t (&address)[16]) {
  return hash64({reinterpret_cast<const char*>(address), sizeof address});
}

}  // namespace

uint64_t Peers::key(const capture::ts_tuple& tuple, bool local_is_client, uint32_t seq,
                    uint32_t stream) {
  struct {
    uint8_t address[16];
    uint32_t netns, seq, port, stream;
  } k{};
  memcpy(k.address, local_is_client ? tuple.local_address : tuple.peer_address, 16);
  k.netns = is_loopback(k.address) ? tuple.netns : 0;
  k.seq = seq;
  k.stream = stream;
  k.port = local_is_client ? tuple.local_port : tuple.peer_port;
  return hash64({reinterpret_cast<const char*>(&k), sizeof k}) | 1;  // 0 means none
}

void Peers::add_client(const capture::ts_tuple& tuple) {
  client_ends_[key(tuple, true, 0)]++;
}

void Peers::remove_client(const capture::ts_tuple& tuple) {
  auto found = client_ends_.find(key(tuple, true, 0));
  if (found != client_ends_.end() && --found->second == 0) client_ends_.erase(found);
}

void Peers::add_local(const capture::ts_tuple& tuple) {
  if (local_addresses_.size() < kLocalAddressesMax) {
    local_addresses_.insert(address_hash(tuple.local_address));
  }
}

bool Peers::client_watched(const capture::ts_tuple& tuple) const {
  return client_ends_.contains(key(tuple, false, 0));
}

bool Peers::peer_local(const capture::ts_tuple& tuple) const {
  return is_loopback(tuple.peer_address) ||
         local_addresses_.contains(address_hash(tuple.peer_address));
}

NodePtr Peers::client_began(uint64_t key, NodePtr node) {
  if (auto found = servers_.find(key); found != servers_.end()) {
    NodePtr server = std::move(found->second);
    servers_.erase(found);
    return server;
  }
  clients_[key] = std::move(node);
  return nullptr;
}

void Peers::client_ended(uint64_t key) {
  clients_.erase(key);
}

NodePtr Peers::server_began(uint64_t key) {
  auto found = clients_.find(key);
  if (found == clients_.end()) return nullptr;
  NodePtr client = std::move(found->second);
  clients_.erase(found);
  return client;
}

void Peers::wait(uint64_t key, NodePtr server, uint64_t connection, uint64_t deadline_ns) {
  waiting_.push_back({deadline_ns, key, connection, server});
  servers_[key] = std::move(server);
}

NodePtr Peers::timed_out(uint64_t now_ns, uint64_t& connection) {
  while (!waiting_.empty() && waiting_.front().deadline_ns <= now_ns) {
    Waiting over = std::move(waiting_.front());
    waiting_.pop_front();
    auto found = servers_.find(over.key);
    if (found == servers_.end() || found->second != over.node) continue;
    servers_.erase(found);
    connection = over.connection;
    return over.node;
  }
  return nullptr;
}

}  // namespace tarsier::assemble
