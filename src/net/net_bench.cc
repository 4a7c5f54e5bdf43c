// What one request costs: the parser alone, and a hello handler under wrk and h2load.
#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdlib>

#include "base/log.h"
#include "base/metrics.h"
#include "net/http1/parser.h"
#include "net/server.h"

namespace tarsier::net {
namespace {

constexpr std::string_view kRequest =
    "GET /api/v1/query?query=up&time=1700000000.123 HTTP/1.1\r\nHost: localhost:9009\r\n"
    "User-Agent: Grafana/13.0.0\r\nAccept: application/json\r\nAccept-Encoding: gzip\r\n\r\n";

void ParseRequest(benchmark::State& state) {
  RequestParser parser({});
  for (auto _ : state) {
    parser.feed(kRequest);
    benchmark::DoNotOptimize(parser.take());
  }
}
BENCHMARK(ParseRequest);

void MatchRoute(benchmark::State& state) {
  Router router;
  Handler nothing = [](const Request&) { return Response{}; };
  for (int i = 0; i < 60; i++) router.add("GET", fmt::format("/api/v{}/thing/{{id}}", i), nothing);
  for (auto _ : state) benchmark::DoNotOptimize(router.match("GET", "/api/v30/thing/7"));
}
BENCHMARK(MatchRoute);

double cpu_us() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto us = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) * 1e6 + static_cast<double>(t.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

// Runs a load generator against a hello handler; reports this process's CPU per request.
void under(benchmark::State& state, const char* command) {
  set_log_level(LogLevel::kError);
  Router router;
  router.add("GET", "/", [](const Request&) { return text_response(200, "hello"); });
  Server server({});
  if (!server.listen("bench", "127.0.0.1", 0, std::move(router))) std::abort();
  server.start();
  std::string line =
      fmt::format("{} http://127.0.0.1:{}/ > /dev/null", command, server.port("bench"));
  MetricLabels ok = {{"listener", "bench"}, {"status", "2xx"}};
  double requests = metrics().value("tarsier_net_requests_total", ok), cpu = cpu_us();
  for (auto _ : state) {
    if (std::system(line.c_str()) != 0) state.SkipWithError("the load generator failed");
  }
  requests = metrics().value("tarsier_net_requests_total", ok) - requests;
  state.counters["requests"] = requests;
  state.counters["cpu_us_per_request"] = (cpu_us() - cpu) / requests;
}
BENCHMARK_CAPTURE(under, wrk_1, "wrk -t1 -c1 -d2s")->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(under, wrk_32, "wrk -t1 -c32 -d2s")->Iterations(1)->Unit(benchmark::kSecond);
BENCHMARK_CAPTURE(under, h2load_32, "h2load -c4 -m8 -n100000")
    ->Iterations(1)
    ->Unit(benchmark::kSecond);

}  // namespace
}  // namespace tarsier::net
