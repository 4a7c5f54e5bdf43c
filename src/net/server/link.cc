#include "net/server/link.h"

#include <array>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <cstring>

#include "base/clock.h"

namespace tarsier::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr auto kAwait = asio::as_tuple(asio::use_awaitable);
constexpr int64_t kLingerNs = kSecond, kLingerStoppingNs = 100 * kMillisecond;
constexpr size_t kBufferKeepBytes = 16 << 10;  // an idle connection holds no more

std::string printable(const asio::ip::tcp::socket& socket) {
  error_code ec;
  asio::ip::address address = socket.remote_endpoint(ec).address();
  if (ec) return {};
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return asio::ip::make_address_v4(asio::ip::v4_mapped, address.to_v6()).to_string();
  }
  return address.to_string();
}

}  // namespace

int64_t now_ns() {
  return system_clock().monotonic_ns();
}

Link::Link(ServerContext& context, Site& site, asio::ip::tcp::socket socket)
    : context_(context),
      site_(site),
      socket_(std::move(socket)),
      peer_address_(printable(socket_)) {
  self_ = context_.links.insert(context_.links.end(), this);
  site_.counters.connections.add();
  site_.counters.open.set(site_.counters.open.value() + 1);
}

Link::~Link() {
  context_.links.erase(self_);
  site_.counters.open.set(site_.counters.open.value() - 1);
}

void Link::consume(size_t bytes) {
  begin_ += bytes;
  if (begin_ < end_) return;
  begin_ = end_ = 0;
  if (buffer_.size() > kBufferKeepBytes) std::string().swap(buffer_);
}

asio::awaitable<bool> Link::read(size_t room) {
  if (begin_ > 0 && buffer_.size() - end_ < room) {
    std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
    end_ -= begin_;
    begin_ = 0;
  }
  if (buffer_.size() - end_ < room) buffer_.resize(end_ + room);
  auto [ec, bytes] =
      co_await socket_.async_read_some(asio::buffer(&buffer_[end_], buffer_.size() - end_), kAwait);
  if (ec) co_return false;
  end_ += bytes;
  co_return true;
}

asio::awaitable<bool> Link::write(std::string_view head, std::string_view body) {
  while (!head.empty() || !body.empty()) {
    set_deadline(now_ns() + context_.options.idle_timeout_ns);
    std::array<asio::const_buffer, 2> buffers = {asio::buffer(head), asio::buffer(body)};
    auto [ec, bytes] = co_await socket_.async_write_some(buffers, kAwait);
    if (ec) {
      if (expired_) connections_closed("write_timeout").add();
      co_return false;
    }
    size_t of_head = std::min(bytes, head.size());
    head.remove_prefix(of_head);
    body.remove_prefix(bytes - of_head);
  }
  co_return true;
}

asio::awaitable<void> Link::linger() {
  error_code ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  consume(end_ - begin_);
  set_deadline(now_ns() + (context_.stopping ? kLingerStoppingNs : kLingerNs));
  while (co_await read(kBufferKeepBytes)) consume(end_ - begin_);
}

void Link::close() {
  error_code ignored;
  socket_.close(ignored);
}

void Link::sweep(int64_t now) {
  if (on_sweep) on_sweep(now);
  if (deadline_ns_ == 0 || now < deadline_ns_) return;
  expired_ = true;
  error_code ignored;
  socket_.cancel(ignored);
}

void Link::begin_stop() {
  if (on_stop) return on_stop();
  error_code ignored;
  if (idle_) socket_.cancel(ignored);
}

}  // namespace tarsier::net
