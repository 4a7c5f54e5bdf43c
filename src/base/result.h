// Errors are values. A function that can fail returns Result<T>; the caller may not ignore it.
//
//   Result<Block> open(path);
//   TRY(auto block, open(path));          // return the error to my caller
//   TRY_STATUS(block.verify());
//
// One table (base/error_map.h) turns a code into an HTTP status, a gRPC status and a Prometheus
// error type. Exceptions stay inside the wrappers of libraries that throw.
#pragma once

#include <string>
#include <string_view>
#include <tl/expected.hpp>
#include <utility>

namespace tarsier {

enum class Code {
  kInvalid,        // the caller's input is wrong; the same call fails again
  kNotFound,       //
  kCorrupt,        // stored bytes do not pass their check
  kUnavailable,    // try again later
  kLimitExceeded,  // a named limit was reached
  kTimeout,        //
  kCancelled,      // the caller went away
  kDenied,         // not allowed
  kConflict,       // exists already, or changed meanwhile
  kUnsupported,    // understood, but not done here
  kIo,             // the operating system said no
  kInternal,       // our own fault
  kUnprocessable,  // well-formed, but it cannot be carried out on this data
};

// The code's name as it appears in logs, e.g. "not_found".
std::string_view name(Code code);

struct Error {
  Code code = Code::kInternal;
  std::string message;

  // Prepends context on the way up: "block 01H: footer: bad crc".
  Error with(std::string_view context) && {
    message.insert(0, ": ").insert(0, context);
    return std::move(*this);
  }
};

template <typename T>
class [[nodiscard]] Result : public tl::expected<T, Error> {
 public:
  using tl::expected<T, Error>::expected;
  // NOLINTNEXTLINE(google-explicit-constructor): `return Error{...}` is the point.
  Result(Error error) : tl::expected<T, Error>(tl::unexpect, std::move(error)) {}
};

using Status = Result<void>;

inline Error invalid(std::string message) {
  return {Code::kInvalid, std::move(message)};
}
inline Error not_found(std::string message) {
  return {Code::kNotFound, std::move(message)};
}
inline Error corrupt(std::string message) {
  return {Code::kCorrupt, std::move(message)};
}
inline Error unsupported(std::string message) {
  return {Code::kUnsupported, std::move(message)};
}
inline Error internal(std::string message) {
  return {Code::kInternal, std::move(message)};
}

// kIo with "what: strerror(errno)"; what names the call and the file.
Error io_error(std::string_view what);
Error io_error(std::string_view what, int errno_value);

}  // namespace tarsier

#define TARSIER_CONCAT_INNER(a, b) a##b
#define TARSIER_CONCAT(a, b) TARSIER_CONCAT_INNER(a, b)
#define TARSIER_TRY_INNER(tmp, decl, expr)                   \
  auto tmp = (expr);                                         \
  if (!tmp) return ::tarsier::Error(std::move(tmp).error()); \
  decl = std::move(*tmp)

#define TRY(decl, expr) TARSIER_TRY_INNER(TARSIER_CONCAT(try_result_, __COUNTER__), decl, expr)
#define TRY_STATUS(expr)                                                     \
  do {                                                                       \
    auto try_status = (expr);                                                \
    if (!try_status) return ::tarsier::Error(std::move(try_status).error()); \
  } while (false)
