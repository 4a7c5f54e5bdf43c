// What the listeners count. The same object for every server of the process.
#pragma once

#include <array>
#include <string_view>

#include "base/metrics.h"

namespace tarsier::net {

// Of one listener.
struct SiteCounters {
  explicit SiteCounters(std::string_view listener);

  void answered(int status) { by_class[status >= 100 && status < 600 ? status / 100 : 5]->add(); }

  Counter& connections;
  Gauge& open;
  std::array<Counter*, 6> by_class;  // answers by status class: [2] is 2xx
};

// Connections that were closed, and requests that were not handled, by reason.
Counter& connections_closed(std::string_view reason);
Counter& requests_refused(std::string_view reason);

}  // namespace tarsier::net
