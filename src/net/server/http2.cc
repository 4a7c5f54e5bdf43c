#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>
#include <unordered_map>

#include "base/clock.h"
#include "base/error_map.h"
#include "net/http2/grpc.h"
#include "net/http2/session.h"
#include "net/server/serve.h"

namespace tarsier::net {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

constexpr size_t kReadBytes = 32 << 10;
constexpr size_t kWriteBytes = 128 << 10;

class Http2Connection;

// One call under way, between its request and its answer.
struct Call {
  explicit Call(BodyBudget& budget) : lease(budget) {}
  BodyLease lease;
  bool grpc = false, head_only = false;
  std::atomic<bool> gone{false};                 // nobody waits for the answer any more
  std::unique_ptr<asio::steady_timer> deadline;  // grpc-timeout
};

struct Http2Job : Job {
  void run() override;
  std::shared_ptr<Http2Connection> connection;
  std::shared_ptr<Call> call;
  int32_t stream = 0;
  Request request;
};

// Joins a link and a session: what was read is fed, what comes out is written. All on the io
// thread.
class Http2Connection : public Http2Session::Events,
                        public std::enable_shared_from_this<Http2Connection> {
 public:
  explicit Http2Connection(std::shared_ptr<Link> link)
      : link_(std::move(link)),
        session_(*this, {kHeadMaxBytes, link_->site().body_max_bytes}, system_clock()),
        idle_since_ns_(now_ns()) {}

  ServerContext& context() { return link_->context(); }
  Site& site() { return link_->site(); }

  void attach() {
    link_->set_deadline(0);
    link_->on_sweep = [this](int64_t now) { sweep(now); };
    link_->on_stop = [this] { close_after_answers(); };
    if (context().stopping) close_after_answers();
  }
  void detach() {
    link_->on_sweep = nullptr;
    link_->on_stop = nullptr;
    detached_ = true;
    for (auto& [id, call] : calls_) drop(*call);
    calls_.clear();
  }

  void take_input() {
    std::string_view input = link_->input();
    if (!closing_ && !session_.feed(input)) {
      connections_closed("protocol").add();
      closing_ = true;
    }
    link_->consume(input.size());
    flush();
  }

  void finish(int32_t stream, const std::shared_ptr<Call>& call, Http2Answer&& answer) {
    if (detached_ || call->gone.exchange(true)) return;
    call->deadline.reset();
    answer.head_only = call->head_only;
    site().counters.answered(answer.response.status);
    session_.answer(stream, std::move(answer));
    flush();
  }

 private:
  void on_request(int32_t stream, Request&& request, Refusal&& refusal,
                  int64_t started_ns) override {
    std::shared_ptr<Call> call = call_of(stream);
    call->grpc = is_grpc(request.headers);
    call->head_only = request.method == "HEAD";
    if (refusal.status != 0) {
      requests_refused(refusal.status == 413   ? "body_max_bytes"
                       : refusal.status == 431 ? "head_max_bytes"
                       : refusal.status == 503 ? "bodies_held"
                                               : "malformed")
          .add();
      return later(stream, call, refused(*call, refusal.status, refusal.text));
    }
    request.peer_address = link_->peer_address();
    if (call->grpc && !start_deadline(stream, call, request, started_ns)) {
      return later(stream, call, grpc_error(13, "the grpc-timeout header is malformed"));
    }
    auto job = std::make_unique<Http2Job>();
    job->connection = shared_from_this();
    job->call = call;
    job->stream = stream;
    job->request = std::move(request);
    std::unique_ptr<Job> base = std::move(job);
    if (context().pool.submit(base)) return;
    requests_refused("queue_full").add();
    later(stream, call, refused(*call, 503, "too busy; try again"));
  }

  bool on_body(int32_t stream, size_t bytes) override {
    return call_of(stream)->lease.grow_to(bytes);
  }

  void on_closed(int32_t stream) override {
    auto it = calls_.find(stream);
    if (it != calls_.end()) {
      drop(*it->second);
      calls_.erase(it);
    }
    if (session_.streams() == 0) idle_since_ns_ = now_ns();
  }

  static Http2Answer refused(const Call& call, int status, std::string_view text) {
    if (call.grpc) return grpc_error(grpc_status_of_http(status), text);
    return {text_response(status, text), {}, false};
  }

  static void drop(Call& call) {
    call.gone = true;
    call.deadline.reset();
  }

  std::shared_ptr<Call>& call_of(int32_t stream) {
    std::shared_ptr<Call>& call = calls_[stream];
    if (!call) call = std::make_shared<Call>(context().bodies);
    return call;
  }

  // From inside a callback of the session nothing may be written.
  void later(int32_t stream, const std::shared_ptr<Call>& call, Http2Answer answer) {
    asio::post(context().io,
               [self = shared_from_this(), stream, call, answer_ = std::move(answer)]() mutable {
                 self->finish(stream, call, std::move(answer_));
               });
  }

  // False when the header is not a timeout.
  bool start_deadline(int32_t stream, const std::shared_ptr<Call>& call, const Request& request,
                      int64_t started_ns) {
    std::string_view header = find_header(request.headers, "grpc-timeout");
    if (header.empty()) return true;
    auto timeout = parse_grpc_timeout(header);
    if (!timeout) return false;
    int64_t left = std::max<int64_t>(0, *timeout - (now_ns() - started_ns));
    call->deadline =
        std::make_unique<asio::steady_timer>(context().io, std::chrono::nanoseconds(left));
    call->deadline->async_wait([self = shared_from_this(), stream, call](const error_code& ec) {
      if (ec || call->gone) return;
      requests_refused("deadline").add();
      self->finish(stream, call, grpc_error(grpc_status(Code::kTimeout), "deadline exceeded"));
    });
    return true;
  }

  void flush() {
    if (writing_ || detached_) return;
    out_.clear();
    session_.pull(out_, kWriteBytes);
    if (out_.empty()) {
      if (closing_ || session_.finished() || (draining_ && session_.streams() == 0)) end();
      return;
    }
    writing_ = true;
    write_started_ns_ = now_ns();
    asio::async_write(link_->socket(), asio::buffer(out_),
                      [self = shared_from_this()](const error_code& ec, size_t) {
                        self->writing_ = false;
                        if (ec) return self->link_->close();
                        self->flush();
                      });
  }

  // Everything is written: the reader wakes up and sees it.
  void end() {
    closing_ = true;
    error_code ignored;
    link_->socket().cancel(ignored);
  }

  void close_after_answers() {
    if (!std::exchange(draining_, true)) session_.go_away();
    flush();
  }

  void sweep(int64_t now) {
    auto keep = shared_from_this();
    const ServerOptions& options = context().options;
    if (size_t reset = session_.sweep(options.head_timeout_ns, options.idle_timeout_ns)) {
      requests_refused("slow_stream").add(reset);
      flush();
    }
    if (session_.streams() == 0 && !draining_ && now > idle_since_ns_ + options.idle_timeout_ns) {
      connections_closed("idle_timeout").add();
      close_after_answers();
    }
    if (writing_ && now > write_started_ns_ + options.idle_timeout_ns) {
      connections_closed("write_timeout").add();
      link_->close();
    }
  }

  std::shared_ptr<Link> link_;
  std::unordered_map<int32_t, std::shared_ptr<Call>> calls_;
  Http2Session session_;
  std::string out_;
  bool writing_ = false, closing_ = false, draining_ = false, detached_ = false;
  int64_t write_started_ns_ = 0, idle_since_ns_;
};

void Http2Job::run() {
  Site& site = connection->site();
  Http2Answer result;
  if (call->gone || connection->context().abandoned) {
    requests_refused("cancelled").add();
    call->gone = true;
  } else if (call->grpc) {
    result = answer_grpc(site, std::move(request));
  } else {
    result.response = answer(site, std::move(request));
  }
  // Back in any case: the connection may only end on its own thread.
  asio::io_context& io = connection->context().io;
  asio::post(io, [connection_ = std::move(connection), call_ = std::move(call), stream_ = stream,
                  result_ = std::move(result)]() mutable {
    connection_->finish(stream_, call_, std::move(result_));
  });
}

}  // namespace

asio::awaitable<void> serve_http2(std::shared_ptr<Link> link) {
  auto connection = std::make_shared<Http2Connection>(link);
  connection->attach();
  do {
    connection->take_input();
  } while (co_await link->read(kReadBytes));
  connection->detach();
  co_await link->linger();
}

}  // namespace tarsier::net
