// An HTTP/2 connection with gRPC and plain handlers behind it, without sockets. Any bytes may come
// behind the preface; every request is answered, at once or after the input's end.
#include <cstdlib>
#include <vector>

#include "net/http2/grpc.h"
#include "net/http2/session.h"

namespace net = tarsier::net;

static net::Site make_site() {
  net::Router router;
  router.add("POST", "/", [](const net::Request& request) {
    return net::Response{200, "text/plain", request.body, {{"X-Query", request.query}}};
  });
  net::GrpcService grpc;
  grpc["/e.E/S"] = [](const net::GrpcRequest& request) -> tarsier::Result<std::string> {
    if (request.message.size() % 2) return tarsier::invalid(request.message);
    return request.message;
  };
  return {"fuzz", std::move(router), std::move(grpc), 10'000};
}

struct Answering : net::Http2Session::Events {
  const net::Site& site;
  net::Http2Session session;
  std::vector<std::pair<int32_t, net::Http2Answer>> later;

  Answering(const net::Site& s, const tarsier::Clock& clock)
      : site(s), session(*this, {.head_max_bytes = 4096, .body_max_bytes = 10'000}, clock) {}

  void on_request(int32_t stream, net::Request&& request, net::Refusal&& refusal,
                  int64_t) override {
    if (refusal.status == 0 && request.body.size() > 10'000) std::abort();
    bool grpc = net::is_grpc(request.headers);
    (void)net::parse_grpc_timeout(net::find_header(request.headers, "grpc-timeout"));
    net::Http2Answer answer;
    if (refusal.status != 0) {
      answer = grpc ? net::grpc_error(net::grpc_status_of_http(refusal.status), refusal.text)
                    : net::Http2Answer{net::text_response(refusal.status, refusal.text), {}, false};
    } else if (grpc) {
      answer = net::answer_grpc(site, std::move(request));
    } else {
      answer.response = net::answer(site, std::move(request));
    }
    if (stream % 4 == 1) {
      session.answer(stream, std::move(answer));
    } else {
      later.emplace_back(stream, std::move(answer));
    }
  }
  bool on_body(int32_t, size_t bytes) override { return bytes < 9'000; }
  void on_closed(int32_t) override {}
};

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const net::Site site = make_site();
  if (size < 1) return 0;
  std::string_view bytes(reinterpret_cast<const char*>(data) + 1, size - 1);
  size_t step = static_cast<size_t>(data[0]) * 4 + 1;
  tarsier::FakeClock clock;
  Answering connection(site, clock);
  std::string out;
  bool alive = connection.session.feed("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  while (alive && !bytes.empty()) {
    alive = connection.session.feed(bytes.substr(0, step));
    bytes.remove_prefix(std::min(step, bytes.size()));
    out.clear();
    connection.session.pull(out, 100'000);
    clock.advance(tarsier::kSecond);
    connection.session.sweep(10 * tarsier::kSecond, 60 * tarsier::kSecond);
  }
  for (auto& [stream, answer] : connection.later)
    connection.session.answer(stream, std::move(answer));
  connection.session.go_away();
  out.clear();
  connection.session.pull(out, 1'000'000);
  (void)net::unframe_grpc({reinterpret_cast<const char*>(data), size}, "gzip", 10'000);
  return 0;
}
