#include "net/client/transport.h"

#include <fmt/format.h>

#include "base/clock.h"

namespace tarsier::net {
namespace {

class Plain : public Transport {
 public:
  explicit Plain(Socket socket) : socket_(std::move(socket)) {}

  Status write(std::string_view bytes, int64_t deadline_ns, size_t& sent) override {
    while (!bytes.empty()) {
      TRY(size_t n, socket_.write_some(bytes));
      if (n == 0) TRY_STATUS(socket_.wait_writable(deadline_ns));
      bytes.remove_prefix(n);
      sent += n;
    }
    return {};
  }

  Result<size_t> read(char* into, size_t room, int64_t deadline_ns) override {
    while (true) {
      TRY(size_t n, socket_.read_some(into, room));
      if (n != Socket::kWouldBlock) return n;
      TRY_STATUS(socket_.wait_readable(deadline_ns));
    }
  }

  bool stale() const override { return socket_.stale(); }

 private:
  Socket socket_;
};

}  // namespace

Result<std::unique_ptr<Transport>> open_transport(const Url& url, const ClientOptions& options,
                                                  int stop_fd) {
  int64_t deadline = system_clock().monotonic_ns() + options.connect_timeout_ns;
  auto socket = Socket::connect(url.host, url.port, deadline, stop_fd);
  if (!socket) {
    return std::move(socket).error().with(fmt::format("{} port {}", url.host, url.port));
  }
  if (url.scheme != "https") return std::make_unique<Plain>(std::move(*socket));
  auto tls = start_tls(std::move(*socket), url.host, options.insecure, deadline);
  if (!tls) return std::move(tls).error().with(fmt::format("{} port {}", url.host, url.port));
  return tls;
}

}  // namespace tarsier::net
