// promql_serve FOLDER: the store and the Prometheus API alone, with a remote write receiver, on a
// free port that is printed. What the differential test compares with a real Prometheus.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "api/api.h"
#include "net/server.h"
#include "store/writer.h"
#include "wire/compress.h"
#include "wire/push.h"

namespace tarsier {
namespace {

net::Response receive(store::Store& store, const net::Request& request) {
  auto bytes = wire::unsnappy(request.body, 64u << 20);
  if (!bytes) return net::text_response(400, bytes.error().message);
  auto batch = wire::decode_remote_write(*bytes);
  if (!batch) return net::text_response(400, batch.error().message);
  batch->tenant = request.tenant;
  const model::Offer offer = store.offer(std::move(*batch));
  if (!offer.refused.empty()) return net::text_response(400, offer.refused[0].reason);
  return net::text_response(204, "");
}

int serve(const char* folder) {
  store::Options options;
  options.folder = folder;
  options.fsync = false;
  auto store = store::Store::open(options, system_clock());
  if (!store) {
    fmt::print(stderr, "promql_serve: {}\n", store.error().message);
    return 1;
  }
  api::Services services;
  services.metrics = &(*store)->metrics();
  services.events = &(*store)->events();
  services.version = "test";
  net::Router router;
  api::add_prometheus(router, services);
  router.add("POST", "/api/v1/write",
             [&](const net::Request& request) { return receive(**store, request); });
  net::Server server({});
  if (Status listening = server.listen("prometheus", "127.0.0.1", 0, router); !listening) {
    fmt::print(stderr, "promql_serve: {}\n", listening.error().message);
    return 1;
  }
  server.start();
  fmt::print("{}\n", server.port("prometheus"));
  std::fflush(stdout);
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  int signal = 0;
  sigwait(&signals, &signal);
  server.stop();
  return 0;
}

}  // namespace
}  // namespace tarsier

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: promql_serve FOLDER\n");
    return 2;
  }
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return tarsier::serve(argv[1]);
}
