// What the browser application asks.
#include <algorithm>
#include <thread>

#include "api/api.h"
#include "api/ui/batch.h"

namespace tarsier::api {
namespace {

net::Response refused(const Error& error) {
  net::Response response;
  response.status = 400;
  wire::JsonWriter json(response.body);
  json.begin_object();
  json.member("error", error.message);
  json.end_object();
  return response;
}

}  // namespace

void add_ui(net::Router& router, const Services& services) {
  // One of the server's own threads works as well.
  auto pool = std::make_shared<HelperPool>(
      static_cast<int>(std::clamp(std::thread::hardware_concurrency(), 2u, 8u)) - 1);
  std::vector<Language> languages = {
      {"prometheus", &answer_prometheus}, {"loki", &answer_loki}, {"tempo", &answer_tempo}};
  router.add("POST", "/api/ui/batch", [services, pool, languages](const net::Request& request) {
    auto queries = parse_batch(request.body);
    if (!queries) return refused(queries.error());
    net::Response response;
    response.body = answer_batch(services, request.tenant, *queries, languages, *pool);
    return response;
  });
}

}  // namespace tarsier::api
