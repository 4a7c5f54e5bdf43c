// The handlers behind /api/v1, one function a route.
#pragma once

#include "api/api.h"
#include "net/http.h"

namespace tarsier::api::prometheus {

// query.cc
net::Response instant_query(const Services& services, const net::Request& request);
net::Response range_query(const Services& services, const net::Request& request);
net::Response format_query(const Services& services, const net::Request& request);
net::Response query_exemplars(const Services& services, const net::Request& request);

// labels.cc
net::Response label_names(const Services& services, const net::Request& request);
net::Response label_values(const Services& services, const net::Request& request);
net::Response series(const Services& services, const net::Request& request);
net::Response metadata(const Services& services, const net::Request& request);

// status.cc
net::Response build_info(const Services& services, const net::Request& request);
net::Response rules(const Services& services, const net::Request& request);
net::Response alerts(const Services& services, const net::Request& request);

}  // namespace tarsier::api::prometheus
