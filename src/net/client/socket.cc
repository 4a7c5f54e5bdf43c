#include "net/client/socket.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <system_error>

#include "net/client/resolve.h"

namespace tarsier::net {
namespace {

Error unavailable(std::string_view what, int errno_value) {
  return {Code::kUnavailable,
          fmt::format("{}: {}", what, std::generic_category().message(errno_value))};
}

}  // namespace

Status Socket::wait(short events, int64_t deadline_ns) const {
  return wait_for(fd_.get(), events, deadline_ns, stop_fd_);
}

Status Socket::wait_readable(int64_t deadline_ns) const {
  return wait(POLLIN, deadline_ns);
}
Status Socket::wait_writable(int64_t deadline_ns) const {
  return wait(POLLOUT, deadline_ns);
}

Result<Socket> Socket::connect(const std::string& host, uint16_t port, int64_t deadline_ns,
                               int stop_fd) {
  TRY(Addresses addresses, resolve(host, port, deadline_ns, stop_fd));
  Error last{Code::kUnavailable, "no address"};
  for (const addrinfo* a = addresses.get(); a; a = a->ai_next) {
    Fd fd(::socket(a->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
    if (!fd) {
      last = unavailable("socket", errno);
      continue;
    }
    int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    Socket socket(std::move(fd), stop_fd);
    int result = ::connect(socket.fd_.get(), a->ai_addr, a->ai_addrlen);
    int error = result < 0 ? errno : 0;
    if (error == EINPROGRESS) {
      if (auto ready = socket.wait_writable(deadline_ns); !ready) {
        last = ready.error();
        continue;
      }
      socklen_t size = sizeof(error);
      ::getsockopt(socket.fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    }
    if (error == 0) return socket;
    last = unavailable("connect", error);
  }
  return last;
}

Result<size_t> Socket::write_some(std::string_view bytes) {
  while (true) {
    ssize_t n = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EAGAIN) return size_t{0};
    if (errno != EINTR) return unavailable("send", errno);
  }
}

Result<size_t> Socket::read_some(char* into, size_t room) {
  while (true) {
    ssize_t n = ::recv(fd_.get(), into, room, 0);
    if (n >= 0) return static_cast<size_t>(n);
    if (errno == EAGAIN) return kWouldBlock;
    if (errno != EINTR) return unavailable("receive", errno);
  }
}

bool Socket::stale() const {
  pollfd entry{fd_.get(), POLLIN | POLLRDHUP, 0};
  return ::poll(&entry, 1, 0) != 0;
}

}  // namespace tarsier::net
