#include "net/client.h"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <list>
#include <optional>

#include "base/clock.h"
#include "base/fd.h"
#include "net/ascii.h"
#include "net/client/transport.h"
#include "net/content_encoding.h"
#include "net/http1/parser.h"
#include "net/http1/response.h"

namespace tarsier::net {
namespace {

constexpr size_t kConnectionsKept = 8;
constexpr size_t kHeadMaxBytes = 64 << 10;
constexpr size_t kReadBytes = 64 << 10;

struct Connection {
  std::string scheme, host;
  uint16_t port;
  std::unique_ptr<Transport> transport;
  bool reused = false;
};

// How far an exchange came before it failed: may it be tried again?
struct Progress {
  size_t sent = 0;
  bool received = false;
};

bool idempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE" ||
         method == "OPTIONS";
}

std::string request_head(std::string_view method, const Url& url, const Headers& headers,
                         size_t body_bytes) {
  bool ipv6 = url.host.find(':') != url.host.npos;
  bool usual = url.port == (url.scheme == "https" ? 443 : 80);
  std::string out =
      fmt::format("{} {} HTTP/1.1\r\nHost: {}{}{}{}\r\n", method, url.target, ipv6 ? "[" : "",
                  url.host, ipv6 ? "]" : "", usual ? "" : fmt::format(":{}", url.port));
  auto end = std::back_inserter(out);
  if (body_bytes > 0 || method == "POST" || method == "PUT") {
    fmt::format_to(end, "Content-Length: {}\r\n", body_bytes);
  }
  bool asks = false;
  for (const auto& [name, value] : headers) {
    asks = asks || equal_ignoring_case(name, "Accept-Encoding");
    if (valid_header(name, value) || equal_ignoring_case(name, "Content-Type")) {
      fmt::format_to(end, "{}: {}\r\n", name, value);
    }
  }
  if (!asks) out += "Accept-Encoding: gzip\r\n";
  return out + "\r\n";
}

Status unpack(Response& response, size_t max_bytes) {
  std::string_view encoding = find_header(response.headers, "Content-Encoding");
  if (response.body.empty() || encoding.empty()) return {};
  if (equal_ignoring_case(encoding, "gzip")) {
    TRY(response.body, gunzip(response.body, max_bytes));
  } else if (equal_ignoring_case(encoding, "deflate")) {
    TRY(response.body, inflate(response.body, max_bytes));
  }
  return {};
}

}  // namespace

struct Client::Impl {
  explicit Impl(ClientOptions o)
      : options(o), buffer(kReadBytes, '\0'), stop(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  Result<Connection> take(const Url& url) {
    for (auto it = kept.begin(); it != kept.end(); ++it) {
      if (it->host != url.host || it->port != url.port || it->scheme != url.scheme) continue;
      Connection connection = std::move(*it);
      kept.erase(it);
      connection.reused = true;
      if (!connection.transport->stale()) return connection;
      break;
    }
    TRY(auto transport, open_transport(url, options, stop.get()));
    return Connection{url.scheme, url.host, url.port, std::move(transport)};
  }

  void keep(Connection connection) {
    if (kept.size() >= kConnectionsKept) kept.pop_front();
    kept.push_back(std::move(connection));
  }

  // Reads until the answer is whole; 1xx answers before it are skipped.
  Result<Response> receive(Transport& transport, bool head, int64_t deadline, Progress& progress,
                           bool& keep_alive) {
    std::string input;
    ParserLimits limits{kHeadMaxBytes, options.body_max_bytes};
    std::optional<ResponseParser> parser(std::in_place, limits, head);
    while (true) {
      TRY(size_t n, transport.read(buffer.data(), buffer.size(), deadline));
      progress.received = progress.received || n > 0;
      input.append(buffer.data(), n);
      while (true) {
        input.erase(0, parser->feed(input));
        if (!parser->done() || parser->status() >= 200) break;
        parser.emplace(limits, head);
      }
      if (n == 0 && !parser->done()) parser->feed_eof();
      if (!parser->error().empty()) return Error{Code::kUnavailable, parser->error()};
      if (!parser->done()) continue;
      keep_alive = n > 0 && parser->keep_alive() && input.empty();
      return parser->take();
    }
  }

  Result<Response> exchange(Connection& connection, std::string_view head, std::string_view body,
                            bool is_head, int64_t deadline, Progress& progress, bool& keep_alive) {
    Status written = connection.transport->write(head, deadline, progress.sent);
    if (written) written = connection.transport->write(body, deadline, progress.sent);
    // A server that refuses a large body answers before it has read it: so look for an answer
    // even when not all could be written.
    auto response = receive(*connection.transport, is_head, deadline, progress, keep_alive);
    if (!written && !response) return written.error();
    if (!written) keep_alive = false;
    return response;
  }

  ClientOptions options;
  std::list<Connection> kept;
  std::string buffer;
  Fd stop;  // readable: interrupted
};

Client::Client(ClientOptions options) : impl_(std::make_unique<Impl>(options)) {}
Client::~Client() = default;

void Client::interrupt() {
  ::eventfd_write(impl_->stop.get(), 1);
}

Result<Response> Client::send(std::string_view method, const Url& url, const Headers& headers,
                              std::string_view body) {
  int64_t deadline = system_clock().monotonic_ns() + impl_->options.timeout_ns;
  std::string head = request_head(method, url, headers, body.size());
  for (int attempt = 1;; attempt++) {
    TRY(Connection connection, impl_->take(url));
    Progress progress;
    bool keep_alive = false;
    auto response =
        impl_->exchange(connection, head, body, method == "HEAD", deadline, progress, keep_alive);
    if (response) {
      if (keep_alive) impl_->keep(std::move(connection));
      TRY_STATUS(unpack(*response, impl_->options.body_max_bytes));
      return response;
    }
    // The server may close a kept connection just when we use it again.
    bool safe = !progress.received && (idempotent(method) || progress.sent == 0);
    if (attempt == 1 && connection.reused && safe && response.error().code != Code::kTimeout) {
      continue;
    }
    return std::move(response).error().with(
        fmt::format("{} {}://{}:{}{}", method, url.scheme, url.host, url.port, url.target));
  }
}

}  // namespace tarsier::net
