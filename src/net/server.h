// Door of net, the way in: one kind of listener for every port. Each speaks HTTP/1.1 (keep-alive,
// pipelining, gzip both ways) and HTTP/2 without TLS (prior knowledge) on the same port, and on
// HTTP/2 also unary gRPC.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "net/http.h"

namespace tarsier::net {

// One unary call. Messages are without gRPC's 5-byte prefix, already decompressed.
struct GrpcRequest {
  std::string method;  // "/package.Service/Method"
  std::string message;
  Headers metadata;
  std::string peer_address;
  std::string tenant;  // X-Scope-OrgID as the authenticator accepted it; empty is the default
};
// An error becomes grpc-status and grpc-message by base/error_map.h.
using GrpcHandler = std::function<Result<std::string>(const GrpcRequest&)>;
using GrpcService = std::map<std::string, GrpcHandler, std::less<>>;  // by GrpcRequest::method

struct ServerOptions {
  int threads = 2;                     // that run handlers; one more moves bytes
  size_t body_max_bytes = 64u << 20;   // after decompression; more is a 413 / RESOURCE_EXHAUSTED
  size_t connections_max = 4'096;      // more are closed at once, and counted
  size_t requests_queued_max = 1'024;  // waiting for a handler thread; more is a 503
  int64_t idle_timeout_ns = 120'000'000'000;
  int64_t head_timeout_ns = 10'000'000'000;  // from a head's first byte to its last
};

// Handlers may block: they run on the server's own threads, several at once.
class Server {
 public:
  explicit Server(const ServerOptions& options);
  ~Server();  // stops

  // Port 0 takes any free one. `name` is for the log and port(). The error says who holds a port
  // that is taken, where that can be known: "port 3000 is taken by grafana (pid 812)".
  Status listen(std::string_view name, const std::string& address, uint16_t port, Router router,
                GrpcService grpc = {});
  uint16_t port(std::string_view name) const;  // 0 when nothing listens under that name

  // Starts accepting; listeners may not be added afterwards.
  void start();
  // Accepts no more, lets requests under way finish (at most 5 s), joins every thread.
  void stop();

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace tarsier::net
