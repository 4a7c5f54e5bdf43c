// Grafana's HTTP API for dashboards, as far as scripts and Terraform use it.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "api/api.h"
#include "api/dashboards/answers.h"
#include "api/dashboards/dashboards.h"
#include "base/error_map.h"

namespace tarsier::api {
namespace {

using dashboards::error_answer;
using net::Request;
using net::Response;

constexpr size_t kSearchLimitMax = 5000;

Response failed(const Error& error) {
  if (error.code == Code::kNotFound) return error_answer(404, "Dashboard not found", "not-found");
  return error_answer(http_status(error.code), error.message);
}

size_t positive(std::string_view text, size_t fallback, size_t max) {
  size_t number = 0;
  auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  return failure == std::errc() && number > 0 ? std::min(number, max) : fallback;
}

Response health(const Services& services) {
  Response response;
  bool works = services.catalog->dashboards().has_value();
  wire::JsonWriter json(response.body);
  json.begin_object();
  json.member("commit", "");
  json.member("database", works ? "ok" : "failing");
  json.member("version", services.version);
  json.end_object();
  response.status = works ? 200 : 503;
  return response;
}

Response search(const Services& services, const Request& request) {
  net::Params params = request.params();
  auto all = services.catalog->dashboards();
  if (!all) return failed(all.error());
  dashboards::SearchFilter filter;
  filter.query = params.get("query");
  filter.tags = params.all("tag");
  filter.uids = params.all("dashboardUIDs");
  filter.limit = positive(params.get("limit"), kSearchLimitMax / 5, kSearchLimitMax);
  filter.page = positive(params.get("page"), 1, 1'000'000);
  // There are no folders and no stars here.
  std::string_view type = params.get("type", "dash-db");
  if (type != "dash-db" || params.get("starred") == "true") all->clear();
  return {200, "application/json", dashboards::search_answer(*all, filter), {}};
}

Response get(const Services& services, const Request& request) {
  auto found = services.catalog->dashboard(std::string(request.path_param("uid")));
  if (!found) return failed(found.error());
  auto answer = dashboards::dashboard_answer(*found);
  if (!answer) return failed(answer.error());
  return {200, "application/json", std::move(*answer), {}};
}

// Why a dashboard could not be saved, in Grafana's words: clients look at the status.
Response conflict(const Services& services, const PostedDashboard& posted, const Error& error) {
  auto stored = services.catalog->dashboard(posted.dashboard.uid);
  if (stored && stored->built_in) {
    return error_answer(400, "Cannot save provisioned dashboard: " + error.message,
                        "plugin-dashboard");
  }
  if (!posted.uid_given) {
    return error_answer(412,
                        "A dashboard with the same name in the folder already exists: set its "
                        "\"uid\" and \"version\", or \"overwrite\"",
                        "name-exists");
  }
  return error_answer(412, "The dashboard has been changed by someone else: " + error.message,
                      "version-mismatch");
}

Response post(const Services& services, const Request& request) {
  auto posted = parse_posted_dashboard(request.body);
  if (!posted) return error_answer(400, posted.error().message);
  auto saved = services.catalog->save(posted->dashboard, posted->overwrite);
  if (saved) return {200, "application/json", dashboards::saved_answer(*saved), {}};
  if (saved.error().code == Code::kConflict) return conflict(services, *posted, saved.error());
  return failed(saved.error());
}

Response remove(const Services& services, const Request& request) {
  std::string uid(request.path_param("uid"));
  auto found = services.catalog->dashboard(uid);
  if (!found) return failed(found.error());
  if (Status removed = services.catalog->remove(uid); !removed) {
    if (removed.error().code != Code::kConflict) return failed(removed.error());
    return error_answer(400, "provisioned dashboard cannot be deleted");
  }
  return {200, "application/json", dashboards::removed_answer(*found), {}};
}

Response data_sources(const Request& request) {
  std::string_view host = net::find_header(request.headers, "Host");
  std::string base = host.empty() ? std::string() : fmt::format("http://{}", host);
  return {200, "application/json", dashboards::data_sources_answer(base), {}};
}

}  // namespace

void add_dashboards(net::Router& router, const Services& services) {
  auto on = [&](std::string_view method, std::string_view path, auto handler) {
    router.add(method, path,
               [services, handler](const Request& request) { return handler(services, request); });
  };
  on("GET", "/api/health", [](const Services& s, const Request&) { return health(s); });
  on("GET", "/api/search", search);
  on("GET", "/api/dashboards/uid/{uid}", get);
  on("DELETE", "/api/dashboards/uid/{uid}", remove);
  on("POST", "/api/dashboards/db", post);
  router.add("GET", "/api/datasources", data_sources);
  router.add("GET", "/api/user", [](const Request&) {
    return Response{200, "application/json", dashboards::user_answer(), {}};
  });
  router.add("GET", "/api/org", [](const Request&) {
    return Response{200, "application/json", dashboards::organisation_answer(), {}};
  });
}

}  // namespace tarsier::api
