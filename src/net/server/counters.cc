#include "net/server/counters.h"

#include <string>

namespace tarsier::net {

SiteCounters::SiteCounters(std::string_view listener)
    : connections(metrics().counter("tarsier_net_connections_total", "Connections accepted",
                                    {{"listener", std::string(listener)}})),
      open(metrics().gauge("tarsier_net_connections_open", "Connections open now",
                           {{"listener", std::string(listener)}})) {
  for (size_t i = 1; i < by_class.size(); i++) {
    by_class[i] = &metrics().counter(
        "tarsier_net_requests_total", "Requests answered, by class of status",
        {{"listener", std::string(listener)}, {"status", std::to_string(i) + "xx"}});
  }
  by_class[0] = by_class[5];
}

Counter& connections_closed(std::string_view reason) {
  return metrics().counter("tarsier_net_connections_dropped_total",
                           "Connections closed against the will of the other side",
                           {{"reason", std::string(reason)}});
}

Counter& requests_refused(std::string_view reason) {
  return metrics().counter("tarsier_net_requests_dropped_total",
                           "Requests that no handler saw, or whose answer nobody waited for",
                           {{"reason", std::string(reason)}});
}

}  // namespace tarsier::net
