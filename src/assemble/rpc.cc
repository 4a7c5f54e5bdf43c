#include "assemble/rpc.h"

#include <charconv>

namespace tarsier::assemble {
namespace {

constexpr std::string_view kNames[] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};
constexpr std::string_view kContent = "application/grpc";
constexpr size_t kTimeoutDigits = 8;

uint64_t unit_ns(char unit) {
  switch (unit) {
    case 'H':
      return 3'600'000'000'000;
    case 'M':
      return 60'000'000'000;
    case 'S':
      return 1'000'000'000;
    case 'm':
      return 1'000'000;
    case 'u':
      return 1'000;
    case 'n':
      return 1;
    default:
      return 0;
  }
}

}  // namespace

std::string_view rpc_status_name(int status) {
  return status >= 0 && status <= kRpcUnauthenticated ? kNames[status] : std::string_view();
}

bool rpc_server_failed(int status) {
  switch (status) {
    case kRpcUnknown:
    case kRpcDeadlineExceeded:
    case kRpcUnimplemented:
    case kRpcInternal:
    case kRpcUnavailable:
    case kRpcDataLoss:
      return true;
    default:
      return false;
  }
}

int rpc_status_of_http(int status) {
  switch (status) {
    case 400:
      return kRpcInternal;
    case 401:
      return kRpcUnauthenticated;
    case 403:
      return kRpcPermissionDenied;
    case 404:
      return kRpcUnimplemented;
    case 429:
    case 502:
    case 503:
    case 504:
      return kRpcUnavailable;
    default:
      return kRpcUnknown;
  }
}

int rpc_status_of_reset(uint32_t code) {
  switch (code) {
    case 7:  // REFUSED_STREAM
      return kRpcUnavailable;
    case 8:  // CANCEL
      return kRpcCancelled;
    case 11:  // ENHANCE_YOUR_CALM
      return kRpcResourceExhausted;
    case 12:  // INADEQUATE_SECURITY
      return kRpcPermissionDenied;
    case 5:   // STREAM_CLOSED
    case 13:  // HTTP_1_1_REQUIRED
      return kRpcUnknown;
    default:
      return kRpcInternal;
  }
}

bool is_rpc_content(std::string_view content_type, bool& web) {
  web = false;
  if (!content_type.starts_with(kContent)) return false;
  std::string_view rest = content_type.substr(kContent.size());
  web = rest.starts_with("-web");
  return web || rest.empty() || rest[0] == '+' || rest[0] == ';';
}

int rpc_status_value(std::string_view text) {
  int out = kRpcUnseen;
  auto parsed = std::from_chars(text.data(), text.data() + text.size(), out);
  bool whole = parsed.ec == std::errc() && parsed.ptr == text.data() + text.size();
  return whole && out >= 0 ? out : int{kRpcUnseen};
}

uint64_t rpc_timeout_ns(std::string_view text) {
  if (text.size() < 2 || text.size() > kTimeoutDigits + 1) return 0;
  uint64_t value = 0;
  const char* end = text.data() + text.size() - 1;
  auto parsed = std::from_chars(text.data(), end, value);
  return parsed.ec == std::errc() && parsed.ptr == end ? value * unit_ns(text.back()) : 0;
}

}  // namespace tarsier::assemble
