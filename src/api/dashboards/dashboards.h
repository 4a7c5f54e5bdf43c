// Dashboards as Grafana stores and posts them. Their panels are the UI's business: here they are a
// title, a uid, tags and a text that is kept as it is.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "store/catalog.h"

namespace tarsier::api {

// Reads a dashboard in any container: bare, {"dashboard": ..} or a resource with metadata and spec.
// Without a uid of its own it gets the fallback, or one made of the title. kInvalid says where and
// what: "line 3, column 7: ...".
Result<store::Dashboard> parse_dashboard(std::string_view json, std::string_view fallback_uid);

// What was posted to /api/dashboards/db.
struct PostedDashboard {
  store::Dashboard dashboard;
  bool overwrite = false;  // a bare dashboard cannot say, and overwrites
  bool uid_given = false;
};
Result<PostedDashboard> parse_posted_dashboard(std::string_view json);

// The stored text as an object with this id, uid and version; every other key as it was.
Result<std::string> dashboard_with_identity(const store::Dashboard& dashboard);

// "Beyla RED Metrics & Operations" -> "beyla-red-metrics-operations".
std::string dashboard_slug(std::string_view title);
// Grafana numbers its dashboards as well: a number that follows from the uid.
int64_t dashboard_id(std::string_view uid);

}  // namespace tarsier::api
