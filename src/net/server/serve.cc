#include "net/server/serve.h"

#include "base/log.h"

namespace tarsier::net {
namespace {

constexpr std::string_view kHttp2Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// Nothing thrown below may take the other connections down.
boost::asio::awaitable<void> sniff_and_serve(std::shared_ptr<Link> link) {
  const ServerOptions& options = link->context().options;
  int64_t started = now_ns();
  while (link->input().size() < kHttp2Preface.size() && kHttp2Preface.starts_with(link->input())) {
    bool idle = link->input().empty();
    link->set_idle(idle);
    link->set_deadline(started + (idle ? options.idle_timeout_ns : options.head_timeout_ns));
    if (!co_await link->read(4096)) {
      if (link->expired()) connections_closed(idle ? "idle_timeout" : "head_timeout").add();
      co_return;
    }
    link->set_idle(false);
    if (idle) started = now_ns();
  }
  if (link->input().starts_with(kHttp2Preface)) {
    co_await serve_http2(std::move(link));
  } else {
    co_await serve_http1(std::move(link));
  }
}

}  // namespace

boost::asio::awaitable<void> serve(std::shared_ptr<Link> link) {
  try {
    co_await sniff_and_serve(std::move(link));
  } catch (const std::exception& e) {
    LOG_ERROR("a connection ended badly", "what", e.what());
    connections_closed("internal").add();
  }
}

}  // namespace tarsier::net
