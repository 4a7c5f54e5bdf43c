// One accepted connection: its socket, what was read and not yet used, and its deadline. Lives on
// the io thread.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <functional>
#include <list>
#include <memory>
#include <string>
#include <string_view>

#include "net/server/context.h"
#include "net/server/site.h"

namespace tarsier::net {

int64_t now_ns();  // monotonic

class Link : public std::enable_shared_from_this<Link> {
 public:
  Link(ServerContext& context, Site& site, boost::asio::ip::tcp::socket socket);
  ~Link();
  Link(const Link&) = delete;

  ServerContext& context() { return context_; }
  Site& site() { return site_; }
  const std::string& peer_address() const { return peer_address_; }
  boost::asio::ip::tcp::socket& socket() { return socket_; }

  // Bytes read and not yet consumed.
  std::string_view input() const { return std::string_view(buffer_).substr(begin_, end_ - begin_); }
  void consume(size_t bytes);
  // Reads some more behind input(). False at the end of the stream, on an error, when the deadline
  // passed (then expired() says so) and when the server stops while the link is idle.
  boost::asio::awaitable<bool> read(size_t room);
  // Writes both, in order. Fails when the other side takes nothing for idle_timeout.
  boost::asio::awaitable<bool> write(std::string_view head, std::string_view body);
  // Sends the end of the stream, and reads on for a moment: a close with unread input would take
  // the answer away from the other side.
  boost::asio::awaitable<void> linger();
  void close();

  // An operation that is still waiting at this time ends. 0: never.
  void set_deadline(int64_t deadline_ns) { deadline_ns_ = deadline_ns; }
  bool expired() const { return expired_; }
  void set_idle(bool idle) { idle_ = idle; }

  // Called by the server now and then, and when it stops.
  void sweep(int64_t now);
  void begin_stop();
  std::function<void(int64_t now)> on_sweep;  // HTTP/2 has deadlines of its own
  std::function<void()> on_stop;

 private:
  ServerContext& context_;
  Site& site_;
  boost::asio::ip::tcp::socket socket_;
  std::string peer_address_;
  std::string buffer_;
  size_t begin_ = 0, end_ = 0;
  int64_t deadline_ns_ = 0;
  bool expired_ = false, idle_ = false;
  std::list<Link*>::iterator self_;
};

}  // namespace tarsier::net
