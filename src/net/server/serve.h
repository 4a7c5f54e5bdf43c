// The coroutines that serve one connection, on the io thread. Each returns when the connection is
// done; the link's end closes the socket.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <memory>

#include "net/server/link.h"

namespace tarsier::net {

inline constexpr size_t kHeadMaxBytes = 64 << 10;
// A body that comes slower than this, after a start of head_timeout, is given up.
inline constexpr int64_t kBodyBytesPerSecondMin = 1024;

// Looks at the first bytes and goes on with the right one of the two below.
boost::asio::awaitable<void> serve(std::shared_ptr<Link> link);
boost::asio::awaitable<void> serve_http1(std::shared_ptr<Link> link);
boost::asio::awaitable<void> serve_http2(std::shared_ptr<Link> link);

// When a request of which this much has come is given up.
int64_t request_deadline(const ServerOptions& options, int64_t started_ns, size_t body_bytes);

}  // namespace tarsier::net
