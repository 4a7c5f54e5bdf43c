#include "base/result.h"

#include <cerrno>
#include <cstring>

namespace tarsier {

std::string_view name(Code code) {
  switch (code) {
    case Code::kInvalid:
      return "invalid";
    case Code::kNotFound:
      return "not_found";
    case Code::kCorrupt:
      return "corrupt";
    case Code::kUnavailable:
      return "unavailable";
    case Code::kLimitExceeded:
      return "limit_exceeded";
    case Code::kTimeout:
      return "timeout";
    case Code::kCancelled:
      return "cancelled";
    case Code::kDenied:
      return "denied";
    case Code::kConflict:
      return "conflict";
    case Code::kUnsupported:
      return "unsupported";
    case Code::kIo:
      return "io";
    case Code::kInternal:
      return "internal";
    case Code::kUnprocessable:
      return "unprocessable";
  }
  return "internal";
}

Error io_error(std::string_view what) {
  return io_error(what, errno);
}

Error io_error(std::string_view what, int errno_value) {
  return {Code::kIo, std::string(what) + ": " + std::strerror(errno_value)};
}

}  // namespace tarsier
