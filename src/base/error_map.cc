#include "base/error_map.h"

#include <array>

namespace tarsier {
namespace {

struct Row {
  int http;
  int grpc;
  std::string_view prometheus_type;
  int prometheus_http;
  bool retryable;
};

// Indexed by Code; the order is the enum's.
constexpr std::array<Row, 13> kRows = {{
    {400, 3, "bad_data", 400, false},     // kInvalid
    {404, 5, "not_found", 404, false},    // kNotFound
    {500, 15, "internal", 500, false},    // kCorrupt
    {503, 14, "unavailable", 503, true},  // kUnavailable
    {429, 8, "execution", 422, true},     // kLimitExceeded
    {503, 4, "timeout", 503, true},       // kTimeout
    {499, 1, "canceled", 499, false},     // kCancelled
    {403, 7, "bad_data", 403, false},     // kDenied
    {409, 6, "bad_data", 409, false},     // kConflict
    {501, 12, "bad_data", 400, false},    // kUnsupported
    {500, 13, "internal", 500, false},    // kIo
    {500, 13, "internal", 500, false},    // kInternal
    {422, 9, "execution", 422, false},    // kUnprocessable
}};

const Row& row(Code code) {
  return kRows[static_cast<size_t>(code)];
}

}  // namespace

int http_status(Code code) {
  return row(code).http;
}
int grpc_status(Code code) {
  return row(code).grpc;
}
std::string_view prometheus_error_type(Code code) {
  return row(code).prometheus_type;
}
int prometheus_http_status(Code code) {
  return row(code).prometheus_http;
}
bool retryable(Code code) {
  return row(code).retryable;
}

}  // namespace tarsier
