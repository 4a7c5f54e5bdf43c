#include "net/server/site.h"

#include <fmt/format.h>

#include <algorithm>
#include <exception>

#include "base/error_map.h"
#include "base/log.h"
#include "net/ascii.h"
#include "net/content_encoding.h"

namespace tarsier::net {
namespace {

constexpr size_t kTenantMaxBytes = 150;
constexpr size_t kGzipMinBytes = 1024;  // less does not pay

bool tenant_char(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         c == '.' || c == '|' || c == '-';
}

// Unpacks the body in place. What a handler has to unpack itself keeps its header.
Status unpack(Request& request, size_t max_bytes) {
  std::string_view encoding = trim(find_header(request.headers, "Content-Encoding"));
  if (encoding.empty() || encoding == "snappy" || encoding == "zstd") return {};
  if (equal_ignoring_case(encoding, "gzip") || equal_ignoring_case(encoding, "x-gzip")) {
    TRY(request.body, gunzip(request.body, max_bytes));
  } else if (equal_ignoring_case(encoding, "deflate")) {
    TRY(request.body, inflate(request.body, max_bytes));
  } else if (!equal_ignoring_case(encoding, "identity")) {
    return unsupported(fmt::format(
        "Content-Encoding \"{}\" is not understood; use gzip, deflate or none", encoding));
  }
  std::erase_if(request.headers, [](const auto& header) {
    return equal_ignoring_case(header.first, "Content-Encoding");
  });
  return {};
}

bool compressible(std::string_view type) {
  return type.starts_with("text/") || type.find("json") != type.npos ||
         type.find("javascript") != type.npos || type.find("protobuf") != type.npos ||
         type.find("xml") != type.npos;
}

void pack(Response& response) {
  if (response.body.size() < kGzipMinBytes || !compressible(response.content_type) ||
      !find_header(response.headers, "Content-Encoding").empty()) {
    return;
  }
  response.body = gzip(response.body);
  response.headers.emplace_back("Content-Encoding", "gzip");
  if (find_header(response.headers, "Vary").empty()) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
}

Response refuse(const Error& error, std::string_view reason) {
  requests_refused(reason).add();
  int status = error.code == Code::kLimitExceeded ? 413
               : error.code == Code::kUnsupported ? 415
                                                  : http_status(error.code);
  return text_response(status, error.message);
}

Response route(const Site& site, Request&& request) {
  try {
    return site.router.handle(std::move(request));
  } catch (const std::exception& e) {  // a library below a handler; the connection lives on
    LOG_ERROR("a handler threw", "listener", site.name, "what", e.what());
    return text_response(500, "internal error");
  }
}

}  // namespace

Result<std::string> accept_tenant(const Headers& headers) {
  std::string_view tenant = find_header(headers, "X-Scope-OrgID");
  if (tenant.size() > kTenantMaxBytes || !std::all_of(tenant.begin(), tenant.end(), tenant_char)) {
    return invalid(
        fmt::format("X-Scope-OrgID has to be at most {} letters, digits, '_', '.', '|' or '-'",
                    kTenantMaxBytes));
  }
  return std::string(tenant);
}

Response answer(const Site& site, Request&& request) {
  auto tenant = accept_tenant(request.headers);
  if (!tenant) return refuse(tenant.error(), "tenant");
  request.tenant = std::move(*tenant);
  if (auto unpacked = unpack(request, site.body_max_bytes); !unpacked) {
    return refuse(unpacked.error(), "content_encoding");
  }
  bool gzip_wanted = accepts_gzip(find_header(request.headers, "Accept-Encoding"));
  Response response = route(site, std::move(request));
  if (gzip_wanted) pack(response);
  return response;
}

}  // namespace tarsier::net
