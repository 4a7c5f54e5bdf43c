#include "capture/probe/handover.h"

#include <sys/socket.h>

#include <cerrno>

namespace tarsier::capture {

Result<Fd> News::connect() {
  int ends[2];
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends) != 0) {
    return io_error("socketpair");
  }
  socket_ = Fd(ends[0]);
  Fd theirs(ends[1]);
  int bytes = 4 << 20;
  if (::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes) != 0) {
    ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes);
  }
  queue_.clear();
  bytes_ = 0;
  return theirs;
}

void News::send(std::string message) {
  if (!socket_) return;  // no worker yet: it will be told everything when it comes
  if (bytes_ + message.size() > kBytesMax) {
    dropped_++;
    return;
  }
  bytes_ += message.size();
  queue_.push_back(std::move(message));
  flush();
}

void News::flush() {
  while (!queue_.empty()) {
    const std::string& message = queue_.front();
    ssize_t sent = ::send(socket_.get(), message.data(), message.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == ENOBUFS)) return;
    if (sent < 0) {  // the worker is gone; its successor starts afresh
      queue_.clear();
      bytes_ = 0;
      return;
    }
    bytes_ -= message.size();
    queue_.pop_front();
  }
}

}  // namespace tarsier::capture
