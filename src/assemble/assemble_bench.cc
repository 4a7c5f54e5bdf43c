// What one request costs: a handler that only answers, and one with a call to a service that is
// watched too (three spans: the server's, the call's, and the other server's).
#include <benchmark/benchmark.h>

#include "assemble/testing/bench.h"

namespace tarsier::assemble {
namespace {

using testing::get;
using testing::go_client;
using testing::go_server;
using testing::Host;
using testing::Late;
using testing::ok;
using testing::Socket;

// Takes what a real sink would, and lets it go.
struct NullSink : model::Sink {
  model::Offer offer(model::Batch&& batch) override {
    model::Batch taken = std::move(batch);
    return model::Offer::all(taken.items());
  }
};

struct Street {
  explicit Street(Options options = {}) : host(events) {
    options.host_name = "box";
    events.to = make_assembler(options, host.clock, sink);
    host.call_ns = 5 * kMicrosecond;
    host.process(7, "shop", capture::Language::kGo);
    host.process(8, "database", capture::Language::kGo);
    for (uint16_t i = 0; i < 64; i++) {
      in.push_back(&host.accept(7, 80, static_cast<uint16_t>(40'000 + i), "10.0.0.9"));
      out.push_back(&host.connect(7, 81, static_cast<uint16_t>(41'000 + i)));
      database.push_back(&host.accept(8, 81, static_cast<uint16_t>(41'000 + i)));
    }
  }
  void tick(uint64_t n) {
    if (n % 2'000 == 0) events.to->tick();
  }
  NullSink sink;
  Late events;
  Host host;
  std::vector<Socket*> in, out, database;
};

const std::string kHeaders =
    "User-Agent: Go-http-client/1.1\r\nAccept: */*\r\nAccept-Encoding: gzip\r\n";
const std::string kAnswer =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nDate: Wed, 01 Jan 2025 00:00:00 GMT\r\n"
    "Content-Length: 27\r\n\r\n{\"user_id\":17,\"balance\":42}";

void handler_only(benchmark::State& state, const Options& options) {
  Street street(options);
  uint64_t n = 0;
  std::string request = get("/api/user/17/balance?verbose=1", kHeaders);
  for (auto _ : state) {
    Socket& s = *street.in[n % 64];
    s.goroutine(100 + n % 64).link(go_server(0xC0 + n % 64, 0, {{n, n + 9}, {n + 30, n + 40}}));
    s.receive(request);
    s.goroutine(100 + n % 64).link(go_server(0xC0 + n % 64, 0xA1)).send(kAnswer);
    street.tick(++n);
  }
  state.SetItemsProcessed(static_cast<int64_t>(n));
}

void HandlerOnly(benchmark::State& state) {
  handler_only(state, {});
}
void HandlerOnlyMetricsAlone(benchmark::State& state) {
  handler_only(state, {.traces = false, .request_logs = false});
}

void HandlerWithCall(benchmark::State& state) {
  Street street;
  uint64_t n = 0;
  std::string request = get("/api/user/17/balance", kHeaders);
  std::string query = "POST /db/query HTTP/1.1\r\nHost: localhost:81\r\n" + kHeaders +
                      "Content-Length: 20\r\n\r\n{\"query\":\"SELECT 1\"}";
  for (auto _ : state) {
    uint64_t i = n % 64;
    street.in[i]->goroutine(100 + i).link(go_server(0xC0 + i, 0, {{n, n + 9}, {n + 30, n + 40}}));
    street.in[i]->receive(request);
    street.out[i]->goroutine(5).link(go_client(100 + i, 1, {0xB1, 0xA1, 0xC0 + i})).send(query);
    street.database[i]->goroutine(300 + i).link(go_server(0x1C0 + i, 0, {{n, n + 9}}));
    street.database[i]->receive(query);
    street.database[i]->goroutine(300 + i).link(go_server(0x1C0 + i, 0xA2)).send(kAnswer);
    street.out[i]->goroutine(6).receive(kAnswer);
    street.in[i]->goroutine(100 + i).link(go_server(0xC0 + i, 0xA1)).send(kAnswer);
    street.tick(++n);
  }
  state.SetItemsProcessed(static_cast<int64_t>(n));
}

void NotHttp(benchmark::State& state) {
  Street street;
  std::string bytes(256, '\x17');
  uint64_t n = 0;
  for (auto _ : state) street.in[n++ % 64]->receive(bytes);
  state.SetItemsProcessed(static_cast<int64_t>(n));
}

BENCHMARK(HandlerOnly);
BENCHMARK(HandlerOnlyMetricsAlone);
BENCHMARK(HandlerWithCall);
BENCHMARK(NotHttp);

}  // namespace
}  // namespace tarsier::assemble
