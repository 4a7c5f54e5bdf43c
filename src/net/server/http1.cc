#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/clock.h"
#include "net/http1/parser.h"
#include "net/http1/response.h"
#include "net/server/serve.h"

namespace tarsier::net {
namespace {

namespace asio = boost::asio;

constexpr size_t kReadBytes = 8 << 10;
constexpr size_t kBodyReadBytes = 128 << 10;

// How reading a request ended: a whole one, none, or one that gets this refusal.
struct Outcome {
  bool closed = false;
  int status = 0;
  std::string text = {};
};

Outcome refuse(std::string_view reason, int status, std::string text) {
  requests_refused(reason).add();
  return {false, status, std::move(text)};
}

std::string_view reason_of(int status) {
  return status == 413 ? "body_max_bytes" : status == 431 ? "head_max_bytes" : "malformed";
}

Outcome gave_up(const Link& link, const RequestParser& parser) {
  bool began = parser.started() || !link.input().empty();
  if (!link.expired()) {
    if (began) requests_refused("cut_short").add();
    return {.closed = true};
  }
  if (!began) {
    connections_closed("idle_timeout").add();
    return {.closed = true};
  }
  return refuse("head_timeout", 408,
                parser.head_done() ? "the body of the request came too slowly"
                                   : "the head of the request did not come in time");
}

asio::awaitable<Outcome> read_request(Link* link, RequestParser* parser, BodyLease* lease) {
  const ServerOptions& options = link->context().options;
  int64_t started = now_ns();
  bool continued = false;
  while (true) {
    link->consume(parser->feed(link->input()));
    if (int status = parser->error_status()) {
      co_return refuse(reason_of(status), status, parser->error());
    }
    if (!lease->grow_to(parser->body_bytes())) {
      co_return refuse("bodies_held", 503, "too many large requests at once; try again");
    }
    if (parser->done()) co_return Outcome{};
    if (parser->head_done() && parser->expects_continue() && !continued) {
      continued = true;
      if (!co_await link->write("HTTP/1.1 100 Continue\r\n\r\n", {})) co_return Outcome{true};
    }
    bool idle = !parser->started() && link->input().empty();
    if (idle && link->context().stopping) co_return Outcome{true};
    link->set_idle(idle);
    link->set_deadline(idle ? started + options.idle_timeout_ns
                            : request_deadline(options, started, parser->body_bytes()));
    bool more = co_await link->read(parser->head_done() ? kBodyReadBytes : kReadBytes);
    link->set_idle(false);
    if (!more) co_return gave_up(*link, *parser);
    if (idle) started = now_ns();
  }
}

// Runs the request on a handler thread and brings the answer back to the io thread.
template <typename Done>
struct HttpJob : Job {
  HttpJob(Link& link, Request&& r, BodyLease&& l, Done&& d)
      : context(link.context()),
        site(link.site()),
        request(std::move(r)),
        lease(std::move(l)),
        done(std::move(d)) {}

  void run() override {
    finish(context.abandoned ? text_response(503, "the server is stopping")
                             : answer(site, std::move(request)));
  }
  void finish(Response response) {
    asio::post(context.io, [done_ = std::move(done), response_ = std::move(response)]() mutable {
      std::move(done_)(std::move(response_));
    });
  }

  ServerContext& context;
  const Site& site;
  Request request;
  BodyLease lease;
  Done done;
};

asio::awaitable<Response> handle(Link* link, Request request, BodyLease lease) {
  link->set_deadline(0);
  return asio::async_initiate<const asio::use_awaitable_t<>, void(Response)>(
      [link](auto done, Request r, BodyLease l) {
        using Mine = HttpJob<decltype(done)>;
        std::unique_ptr<Job> job =
            std::make_unique<Mine>(*link, std::move(r), std::move(l), std::move(done));
        if (link->context().pool.submit(job)) return;
        requests_refused("queue_full").add();
        static_cast<Mine&>(*job).finish(text_response(503, "too busy; try again"));
      },
      asio::use_awaitable, std::move(request), std::move(lease));
}

}  // namespace

int64_t request_deadline(const ServerOptions& options, int64_t started_ns, size_t body_bytes) {
  int64_t earned = static_cast<int64_t>(body_bytes) * (kSecond / kBodyBytesPerSecondMin);
  return started_ns + options.head_timeout_ns + earned;
}

asio::awaitable<void> serve_http1(std::shared_ptr<Link> link) {
  RequestParser parser({kHeadMaxBytes, link->site().body_max_bytes});
  bool keep = true, refused = false;
  while (keep) {
    BodyLease lease(link->context().bodies);
    Outcome outcome = co_await read_request(link.get(), &parser, &lease);
    if (outcome.closed) co_return;
    Response response;
    ResponseHead how;
    bool head_only = false;
    if (outcome.status != 0) {
      keep = false;
      refused = true;
      response = text_response(outcome.status, outcome.text);
    } else {
      keep = parser.keep_alive();
      how.http_1_0 = parser.http_1_0();
      Request request = parser.take();
      request.peer_address = link->peer_address();
      head_only = request.method == "HEAD";
      response = co_await handle(link.get(), std::move(request), std::move(lease));
    }
    keep = keep && !link->context().stopping;
    how.keep_alive = keep;
    link->site().counters.answered(response.status);
    std::string head = response_head(response, how);
    bool with_body = !head_only && has_body(response.status);
    if (!co_await link->write(head, with_body ? response.body : std::string_view())) co_return;
  }
  // A whole request was read and answered: then nothing unread can take the answer away.
  if (refused || !link->input().empty()) co_await link->linger();
}

}  // namespace tarsier::net
