// Remote procedure calls: what the numbers of gRPC mean.
#pragma once

#include <cstdint>
#include <string_view>

namespace tarsier::assemble {

enum RpcStatus : int {
  kRpcUnseen = -1,  // there was one, but it could not be read
  kRpcOk = 0,
  kRpcCancelled = 1,
  kRpcUnknown = 2,
  kRpcDeadlineExceeded = 4,
  kRpcPermissionDenied = 7,
  kRpcResourceExhausted = 8,
  kRpcUnimplemented = 12,
  kRpcInternal = 13,
  kRpcUnavailable = 14,
  kRpcDataLoss = 15,
  kRpcUnauthenticated = 16,
};

std::string_view rpc_status_name(int status);  // "OK"; empty when it is none
// Is it the server's fault?
bool rpc_server_failed(int status);

// What a client makes of an answer without a status of its own.
int rpc_status_of_http(int status);
int rpc_status_of_reset(uint32_t code);  // HTTP/2's error codes

// Does a body of this type hold RPCs? `web`: gRPC-Web, whose status may be in the body.
bool is_rpc_content(std::string_view content_type, bool& web);
// A grpc-status as sent; kRpcUnseen when it is no number.
int rpc_status_value(std::string_view text);

// "100m" is a tenth of a second. 0 when it is malformed.
uint64_t rpc_timeout_ns(std::string_view text);

}  // namespace tarsier::assemble
