// One request and its answer, whatever the protocol: filled in while it happens, and everything
// that is told about it later comes from here.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "assemble/processes.h"
#include "assemble/trace/node.h"

namespace tarsier::assemble {

enum class Side : uint8_t { kServer, kClient };

// Who answers. kOther: in a protocol that nobody here knows.
enum class System : uint8_t { kHttp, kGrpc, kOther, kRedis, kPostgresql, kMysql };

struct Exchange {
  // By the protocol. Of a call to a database `method` is its operation, where that is known; of an
  // RPC `target` is its method's full name.
  System system = System::kHttp;
  std::string method;
  std::string target;      // path and query, secrets redacted, printable ASCII
  uint32_t path_size = 0;  // of the target
  std::string host;        // of the Host header, without the port; empty when it is no host name
  uint16_t host_port = 0;  // of the Host header; 0: none
  int status = 0;          // of HTTP; 0: there was no answer, or (`answered`) it was not readable
  bool answered = false;   // though the status may not be known
  int rpc_status = -1;     // assemble/rpc.h
  uint32_t stream = 0;     // of the connection, where it carries several requests at once; else 0
  std::string_view cut;    // why there was no answer, in one word; a constant
  std::string error_code;  // what a database calls the error that it answered; empty: it is none
  uint64_t request_body = 0, response_body = 0;      // bytes, without the framing
  uint64_t start_ns = 0, answer_ns = 0, end_ns = 0;  // CLOCK_MONOTONIC
  uint32_t start_seq = 0;                            // TCP sequence number of the first byte
  bool request_done = false, answer_done = false;
  Exchange* next = nullptr;  // on the same connection, or in a list of the same state

  // By the assembler.
  Side side = Side::kServer;
  bool finished = false;
  bool second_look = false;  // what caused it may still be told at its answer
  bool has_addresses = false;
  uint16_t local_port = 0, peer_port = 0;
  std::string local_address, peer_address;
  uint64_t peer_key = 0;  // of trace/peers.h; 0: none
  ProcessPtr process;
  NodePtr trace;
  // Among the unanswered requests of one thread.
  uint32_t thread = 0;
  Exchange *thread_next = nullptr, *thread_previous = nullptr;

  bool unanswered() const { return status == 0 && !answered; }
  std::string_view path() const { return std::string_view(target).substr(0, path_size); }
  std::string_view query() const {
    return path_size < target.size() ? std::string_view(target).substr(path_size + 1)
                                     : std::string_view();
  }
  void reset();
};

// Exchanges are used again, with the memory of their strings.
class ExchangePool {
 public:
  ~ExchangePool();
  Exchange& take();
  void give(Exchange& exchange);
  size_t live() const { return live_; }

 private:
  Exchange* free_ = nullptr;
  size_t live_ = 0, spare_ = 0;
};

}  // namespace tarsier::assemble
