#include "net/client/resolve.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <thread>

#include "base/clock.h"
#include "base/fd.h"

namespace tarsier::net {
namespace {

struct Lookup {
  std::string host, port;
  Fd done{::eventfd(0, EFD_CLOEXEC)};
  // Orders what follows: by the language's rules `done` alone does not.
  std::atomic<bool> over = false;
  int failure = 0;
  Addresses found{nullptr, &::freeaddrinfo};

  void run(int flags) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_NUMERICSERV | flags;
    addrinfo* list = nullptr;
    failure = ::getaddrinfo(host.c_str(), port.c_str(), &hints, &list);
    found.reset(list);
  }
};

}  // namespace

Status wait_for(int fd, short events, int64_t deadline_ns, int stop_fd) {
  while (true) {
    int64_t left = deadline_ns - system_clock().monotonic_ns();
    if (left <= 0) return Error{Code::kTimeout, "timed out"};
    pollfd entries[] = {{fd, events, 0}, {stop_fd, POLLIN, 0}};  // poll() leaves out -1
    int64_t left_ms = std::min<int64_t>(left / kMillisecond + 1, INT32_MAX);
    int ready = ::poll(entries, 2, static_cast<int>(left_ms));
    if (ready > 0 && entries[1].revents) return Error{Code::kUnavailable, "interrupted"};
    if (ready > 0) return {};
    if (ready < 0 && errno != EINTR) {
      return Error{Code::kUnavailable,
                   fmt::format("poll: {}", std::generic_category().message(errno))};
    }
  }
}

Result<Addresses> resolve(const std::string& host, uint16_t port, int64_t deadline_ns,
                          int stop_fd) {
  auto lookup = std::make_shared<Lookup>(host, std::to_string(port));
  lookup->run(AI_NUMERICHOST);
  if (lookup->failure != 0) {
    // getaddrinfo() cannot be told to stop; so a thread of its own sees it through.
    std::thread([lookup] {
      lookup->run(0);
      lookup->over.store(true, std::memory_order_release);
      ::eventfd_write(lookup->done.get(), 1);
    }).detach();
    Status done = wait_for(lookup->done.get(), POLLIN, deadline_ns, stop_fd);
    if (!done) return std::move(done).error().with(fmt::format("find the host \"{}\"", host));
    lookup->over.load(std::memory_order_acquire);
  }
  if (lookup->failure == 0) return std::move(lookup->found);
  return Error{Code::kUnavailable, fmt::format("cannot find the host \"{}\": {}", host,
                                               ::gai_strerror(lookup->failure))};
}

}  // namespace tarsier::net
