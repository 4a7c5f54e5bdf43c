#include "net/server.h"

#include <fmt/format.h>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <future>

#include "base/clock.h"
#include "base/log.h"
#include "base/port_owner.h"
#include "net/server/serve.h"

namespace tarsier::net {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr auto kStopWait = std::chrono::seconds(5);
constexpr int64_t kTickMax = 250 * kMillisecond;
constexpr auto kAcceptPause = std::chrono::milliseconds(100);  // when descriptors have run out

struct Listener {
  Listener(asio::io_context& io, std::unique_ptr<Site> s) : acceptor(io), site(std::move(s)) {}
  tcp::acceptor acceptor;
  std::unique_ptr<Site> site;
  uint16_t port = 0;
};

Error cannot_listen(const std::string& address, uint16_t port, const error_code& ec) {
  if (ec == asio::error::address_in_use) {
    std::string owner = port_owner(port);
    return {Code::kConflict,
            fmt::format("port {} is taken{}", port, owner.empty() ? "" : " by " + owner)};
  }
  if (ec == asio::error::access_denied) {
    return {Code::kDenied, fmt::format("port {} may only be opened by root", port)};
  }
  return {Code::kIo, fmt::format("cannot listen on {} port {}: {}", address, port, ec.message())};
}

Result<uint16_t> open(tcp::acceptor& acceptor, const std::string& address, uint16_t port) {
  error_code ec;
  auto ip = asio::ip::make_address(address == "localhost" ? "127.0.0.1" : address, ec);
  if (ec) {
    return invalid(fmt::format(
        "\"{}\" is not an address to listen on; use 127.0.0.1, ::1, 0.0.0.0 or ::", address));
  }
  tcp::endpoint endpoint(ip, port);
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec && ip.is_v6()) acceptor.set_option(asio::ip::v6_only(false), ec);
  if (!ec) acceptor.bind(endpoint, ec);
  if (!ec) acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return cannot_listen(address, port, ec);
  return acceptor.local_endpoint(ec).port();
}

asio::awaitable<void> accept_all(ServerContext* context, Listener* listener) {
  while (true) {
    auto [ec, socket] = co_await listener->acceptor.async_accept(kAwait);
    if (!listener->acceptor.is_open()) co_return;
    if (ec) {
      connections_closed("accept_failed").add();
      asio::steady_timer pause(context->io, kAcceptPause);
      co_await pause.async_wait(kAwait);
      continue;
    }
    if (context->links.size() >= context->options.connections_max) {
      connections_closed("connections_max").add();
      continue;
    }
    error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    auto link = std::make_shared<Link>(*context, *listener->site, std::move(socket));
    asio::co_spawn(context->io, serve(std::move(link)), asio::detached);
  }
}

// Ends what is past its deadline. One timer for all connections is cheaper than one for each.
asio::awaitable<void> sweep(ServerContext* context, asio::steady_timer* timer) {
  int64_t shortest = std::min(context->options.head_timeout_ns, context->options.idle_timeout_ns);
  auto tick = std::chrono::nanoseconds(std::clamp<int64_t>(shortest / 8, kMillisecond, kTickMax));
  while (true) {
    timer->expires_after(tick);
    auto [ec] = co_await timer->async_wait(kAwait);
    if (ec) co_return;
    int64_t now = now_ns();
    for (auto it = context->links.begin(); it != context->links.end();) {
      Link* link = *it++;
      link->sweep(now);
    }
  }
}

}  // namespace

struct Server::Impl {
  explicit Impl(const ServerOptions& options)
      : context(options), sweep_timer(context.io), work(context.io.get_executor()) {}

  ServerContext context;
  std::vector<std::unique_ptr<Listener>> listeners;
  asio::steady_timer sweep_timer;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  std::thread io_thread;
  bool started = false, stopped = false;

  // Runs on the io thread and waits for the result.
  template <typename F>
  auto on_io(F&& function) {
    std::packaged_task<std::invoke_result_t<F>()> task(std::forward<F>(function));
    auto result = task.get_future();
    asio::post(context.io, [&task] { task(); });
    return result.get();
  }
};

Server::Server(const ServerOptions& options) : impl_(std::make_unique<Impl>(options)) {}
Server::~Server() {
  stop();
}

Status Server::listen(std::string_view name, const std::string& address, uint16_t port,
                      Router router, GrpcService grpc) {
  if (impl_->started) return invalid("a listener has to be added before the server starts");
  auto site = std::make_unique<Site>(name, std::move(router), std::move(grpc),
                                     impl_->context.options.body_max_bytes);
  auto listener = std::make_unique<Listener>(impl_->context.io, std::move(site));
  TRY(listener->port, open(listener->acceptor, address, port));
  LOG_INFO("listening", "name", name, "address", address, "port", listener->port);
  impl_->listeners.push_back(std::move(listener));
  return {};
}

uint16_t Server::port(std::string_view name) const {
  for (const auto& listener : impl_->listeners) {
    if (listener->site->name == name) return listener->port;
  }
  return 0;
}

void Server::start() {
  if (std::exchange(impl_->started, true)) return;
  ServerContext& context = impl_->context;
  for (auto& listener : impl_->listeners) {
    asio::co_spawn(context.io, accept_all(&context, listener.get()), asio::detached);
  }
  asio::co_spawn(context.io, sweep(&context, &impl_->sweep_timer), asio::detached);
  context.pool.start();
  impl_->io_thread = std::thread([&context] { context.io.run(); });
}

void Server::stop() {
  if (!impl_->started || std::exchange(impl_->stopped, true)) return;
  ServerContext& context = impl_->context;
  impl_->on_io([&] {
    context.stopping = true;
    for (auto& listener : impl_->listeners) listener->acceptor.close();
    for (auto it = context.links.begin(); it != context.links.end();) (*it++)->begin_stop();
  });
  auto deadline = std::chrono::steady_clock::now() + kStopWait;
  while (impl_->on_io([&] { return !context.links.empty(); }) &&
         std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  context.abandoned = true;
  impl_->on_io([&] {
    impl_->sweep_timer.cancel();
    for (auto it = context.links.begin(); it != context.links.end();) (*it++)->close();
  });
  context.pool.stop();
  impl_->work.reset();
  context.io.stop();
  impl_->io_thread.join();
}

}  // namespace tarsier::net
