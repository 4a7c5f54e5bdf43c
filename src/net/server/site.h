// What one listener serves, and how one whole request is answered: on a handler thread, without
// I/O, whatever the HTTP version.
#pragma once

#include <memory>
#include <string>

#include "net/http.h"
#include "net/server.h"
#include "net/server/counters.h"

namespace tarsier::net {

struct Site {
  Site(std::string_view name_, Router router_, GrpcService grpc_, size_t body_max_bytes_)
      : name(name_),
        router(std::move(router_)),
        grpc(std::move(grpc_)),
        body_max_bytes(body_max_bytes_),
        counters(name_) {}

  const std::string name;
  const Router router;
  const GrpcService grpc;
  const size_t body_max_bytes;
  SiteCounters counters;
};

// Accepts the tenant, unpacks the body, routes, packs the answer.
Response answer(const Site& site, Request&& request);

// X-Scope-OrgID: [a-zA-Z0-9_.|-]{0,150}. kInvalid says so.
Result<std::string> accept_tenant(const Headers& headers);

}  // namespace tarsier::net
