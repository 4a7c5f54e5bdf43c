#include "net/http2/grpc.h"

#include <fmt/format.h>

#include <exception>
#include <limits>

#include "base/error_map.h"
#include "base/log.h"
#include "net/ascii.h"
#include "net/content_encoding.h"

namespace tarsier::net {
namespace {

constexpr size_t kPrefixBytes = 5;
constexpr size_t kGzipMinBytes = 1024;
constexpr std::string_view kContentType = "application/grpc";
constexpr int kInternalStatus = 13;

// Printable ASCII stays, but for '%'; the rest becomes %XX.
std::string encode_message(std::string_view text) {
  std::string out;
  for (char c : text) {
    auto byte = static_cast<unsigned char>(c);
    if (byte >= ' ' && byte <= '~' && c != '%') {
      out.push_back(c);
    } else {
      fmt::format_to(std::back_inserter(out), "%{:02X}", byte);
    }
  }
  return out;
}

Result<std::string> call(const Site& site, Request&& request) {
  auto method = site.grpc.find(request.path);
  if (method == site.grpc.end()) return unsupported("unknown method " + request.path);
  GrpcRequest call;
  TRY(call.tenant, accept_tenant(request.headers));
  TRY(call.message, unframe_grpc(request.body, find_header(request.headers, "grpc-encoding"),
                                 site.body_max_bytes));
  std::string().swap(request.body);
  call.method = std::move(request.path);
  call.metadata = std::move(request.headers);
  call.peer_address = std::move(request.peer_address);
  try {
    return method->second(call);
  } catch (const std::exception& e) {  // a library below the handler; the connection lives on
    LOG_ERROR("a gRPC handler threw", "method", call.method, "what", e.what());
    return internal("internal error");
  }
}

}  // namespace

bool is_grpc(const Headers& headers) {
  std::string_view type = find_header(headers, "content-type");
  if (!type.starts_with(kContentType)) return false;
  type.remove_prefix(kContentType.size());
  return type.empty() || type[0] == '+' || type[0] == ';';
}

Http2Answer grpc_error(int grpc_status, std::string_view message) {
  Http2Answer answer;
  answer.response.content_type = kContentType;
  answer.response.headers = {{"grpc-status", std::to_string(grpc_status)}};
  if (!message.empty()) {
    answer.response.headers.emplace_back("grpc-message", encode_message(message));
  }
  return answer;
}

Http2Answer grpc_error(const Error& error) {
  Http2Answer answer = grpc_error(grpc_status(error.code), error.message);
  if (error.code == Code::kUnsupported) {
    answer.response.headers.emplace_back("grpc-accept-encoding", "gzip");
  }
  return answer;
}

int grpc_status_of_http(int status) {
  switch (status) {
    case 400:
    case 431:
      return kInternalStatus;
    case 413:
      return grpc_status(Code::kLimitExceeded);
    default:
      return grpc_status(Code::kUnavailable);
  }
}

std::optional<int64_t> parse_grpc_timeout(std::string_view text) {
  if (text.size() < 2 || text.size() > 9) return std::nullopt;
  int64_t number = 0;
  for (char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return std::nullopt;
    number = number * 10 + (c - '0');
  }
  int64_t unit = 0;
  switch (text.back()) {
    case 'H':
      unit = kHour;
      break;
    case 'M':
      unit = kMinute;
      break;
    case 'S':
      unit = kSecond;
      break;
    case 'm':
      unit = kMillisecond;
      break;
    case 'u':
      unit = kMicrosecond;
      break;
    case 'n':
      unit = 1;
      break;
    default:
      return std::nullopt;
  }
  int64_t max = std::numeric_limits<int64_t>::max();
  return number > max / unit ? max : number * unit;
}

Result<std::string> unframe_grpc(std::string_view body, std::string_view encoding,
                                 size_t max_bytes) {
  if (body.size() < kPrefixBytes) return invalid("the call has no message");
  auto byte = [&](size_t i) { return static_cast<uint32_t>(static_cast<unsigned char>(body[i])); };
  uint32_t compressed = byte(0);
  uint32_t size = byte(1) << 24 | byte(2) << 16 | byte(3) << 8 | byte(4);
  body.remove_prefix(kPrefixBytes);
  if (compressed > 1) return invalid(fmt::format("message flag {} is neither 0 nor 1", compressed));
  if (body.size() < size) {
    return invalid(fmt::format("the message is cut short: {} of {} bytes", body.size(), size));
  }
  if (body.size() > size) return invalid("more than one message in a unary call");
  if (size > max_bytes) {
    return Error{Code::kLimitExceeded,
                 fmt::format("the message is larger than {} bytes", max_bytes)};
  }
  if (compressed == 0) return std::string(body);
  if (equal_ignoring_case(encoding, "gzip")) return gunzip(body, max_bytes);
  return unsupported(fmt::format("grpc-encoding \"{}\" is not understood; use gzip", encoding));
}

std::string frame_grpc(std::string_view message, bool compressed) {
  auto size = static_cast<uint32_t>(message.size());
  std::string out;
  out.reserve(kPrefixBytes + message.size());
  out.push_back(compressed ? 1 : 0);
  for (int shift = 24; shift >= 0; shift -= 8) out.push_back(static_cast<char>(size >> shift));
  out.append(message);
  return out;
}

Http2Answer answer_grpc(const Site& site, Request&& request) {
  bool gzip_wanted = accepts_gzip(find_header(request.headers, "grpc-accept-encoding"));
  auto result = call(site, std::move(request));
  if (!result) return grpc_error(result.error());
  bool pack = gzip_wanted && result->size() >= kGzipMinBytes;
  Http2Answer answer;
  answer.response.content_type = kContentType;
  answer.response.body = frame_grpc(pack ? gzip(*result) : *result, pack);
  if (pack) answer.response.headers = {{"grpc-encoding", "gzip"}};
  answer.trailers = {{"grpc-status", "0"}};
  return answer;
}

}  // namespace tarsier::net
