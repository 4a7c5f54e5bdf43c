// The Loki API: log and metric queries, labels, series.
#include <fmt/format.h>

#include "api/answer.h"
#include "api/loki/answers.h"
#include "api/loki/params.h"
#include "base/error_map.h"

namespace tarsier::api {
namespace {

using net::Request;
using net::Response;
using wire::JsonWriter;

// Loki's errors are plain text.
Response failed(const Error& error) {
  int status = error.code == Code::kLimitExceeded ? 422 : http_status(error.code);
  return {status, "text/plain; charset=utf-8", error.message, {}};
}

// {"status":"success","data":...}
template <typename Work>
Response enveloped(const Services& services, const Request& request, const Work& work) {
  query::QueryContext context = query_context(services, request.tenant);
  Response response;
  JsonWriter json(response.body);
  json.begin_object();
  json.member("status", "success");
  json.key("data");
  Status done = work(context, json);
  json.end_object();
  return done ? response : failed(done.error());
}

bool categorise(const Request& request) {
  return net::find_header(request.headers, "X-Loki-Response-Encoding-Flags")
             .find("categorize-labels") != std::string_view::npos;
}

Status query_range(const Services& services, query::QueryContext& context, const Request& request,
                   JsonWriter& json) {
  net::Params params = request.params();
  TRY(loki::Range range, loki::parse_range(params, *services.clock));
  TRY(int64_t step_ns, loki::parse_step_ns(params, range));
  query::LogqlOptions options;
  TRY(options.limit, loki::parse_limit(params));
  TRY(options.newest_first, loki::parse_newest_first(params));
  TRY(query::LogqlResult result,
      query::evaluate_logql(context, *services.events, params.get("query"), range.start_ns,
                            range.end_ns, step_ns, options));
  loki::write_data(result, categorise(request), json);
  return {};
}

Status query_instant(const Services& services, query::QueryContext& context, const Request& request,
                     JsonWriter& json) {
  net::Params params = request.params();
  int64_t time_ns = services.clock->now_ns();
  if (params.has("time")) {
    TRY(time_ns, loki::parse_time("time", params.get("time")));
  }
  TRY(query::LogqlResult result,
      query::evaluate_logql(context, *services.events, params.get("query"), time_ns, time_ns, 0,
                            {.limit = 1}));
  if (!std::holds_alternative<query::Value>(result.data)) {
    return invalid(
        "log queries are not supported as an instant query type, please change your query to a "
        "range query type");
  }
  loki::write_data(result, false, json);
  return {};
}

Result<store::LogSelect> label_select(const Services& services, const Request& request,
                                      const net::Params& params, std::string_view selector) {
  TRY(loki::Range range, loki::parse_range(params, *services.clock));
  store::LogSelect select;
  select.tenant = request.tenant;
  select.range = {range.start_ns, range.end_ns};
  if (!selector.empty() && selector != "{}") {
    TRY(select.matchers, query::logql_matchers(selector));
  }
  return select;
}

void write_strings(const std::vector<std::string>& values, JsonWriter& json) {
  json.begin_array();
  for (const std::string& value : values) json.value(std::string_view(value));
  json.end_array();
}

Status labels(const Services& services, query::QueryContext&, const Request& request,
              JsonWriter& json) {
  net::Params params = request.params();
  TRY(store::LogSelect select, label_select(services, request, params, params.get("query")));
  TRY(std::vector<std::string> names, services.events->log_label_names(select));
  write_strings(names, json);
  return {};
}

Status label_values(const Services& services, query::QueryContext&, const Request& request,
                    JsonWriter& json) {
  net::Params params = request.params();
  TRY(store::LogSelect select, label_select(services, request, params, params.get("query")));
  TRY(std::vector<std::string> values,
      services.events->log_label_values(select, request.path_param("name")));
  write_strings(values, json);
  return {};
}

Status series(const Services& services, query::QueryContext& context, const Request& request,
              JsonWriter& json) {
  net::Params params = request.params();
  std::vector<std::string> selectors = params.all("match[]");
  if (selectors.empty()) selectors = params.all("match");
  if (selectors.empty()) selectors = {"{}"};
  json.begin_array();
  for (const std::string& selector : selectors) {
    TRY(store::LogSelect select, label_select(services, request, params, selector));
    TRY_STATUS(services.events->streams(select, [&](const model::Labels& stream) -> Status {
      TRY_STATUS(context.check());
      json.begin_object();
      for (const model::Label& label : stream)
        json.member(label.name, std::string_view(label.value));
      json.end_object();
      return {};
    }));
  }
  json.end_array();
  return {};
}

Response build_info(const Services& services) {
  Response response;
  JsonWriter json(response.body);
  json.begin_object();
  json.member("version", std::string_view(services.version));
  for (const char* key : {"revision", "branch", "buildUser", "buildDate", "goVersion"})
    json.member(key, "");
  json.end_object();
  return response;
}

}  // namespace

Result<Warnings> answer_loki(const Services& services, query::QueryContext& context,
                             const Question& question, JsonWriter& json) {
  query::LogqlOptions options;
  if (question.limit > 0) options.limit = question.limit;
  int64_t start_ns = question.start_ms * kMillisecond, end_ns = question.end_ms * kMillisecond;
  int64_t step_ns = question.instant ? 0 : question.step_ms * kMillisecond;
  TRY(query::LogqlResult result, query::evaluate_logql(context, *services.events, question.expr,
                                                       start_ns, end_ns, step_ns, options));
  loki::write_data(result, true, json);
  return Warnings{};
}

void add_loki(net::Router& router, const Services& services) {
  auto add = [&](std::string_view path, auto work) {
    net::Handler handler = [services, work](const Request& request) {
      return enveloped(services, request, [&](query::QueryContext& context, JsonWriter& json) {
        return work(services, context, request, json);
      });
    };
    router.add("GET", path, handler);
    router.add("POST", path, handler);
  };
  add("/loki/api/v1/query_range", query_range);
  add("/loki/api/v1/query", query_instant);
  add("/loki/api/v1/labels", labels);
  add("/loki/api/v1/label", labels);
  add("/loki/api/v1/label/{name}/values", label_values);
  add("/loki/api/v1/series", series);
  router.add("GET", "/loki/api/v1/status/buildinfo",
             [services](const Request&) { return build_info(services); });
  for (std::string_view path :
       {"/loki/api/v1/tail", "/loki/api/v1/patterns", "/loki/api/v1/detected_fields",
        "/loki/api/v1/index/stats", "/loki/api/v1/index/volume"}) {
    router.add("GET", path, [path](const Request&) {
      return failed(unsupported(fmt::format("{} is not supported yet", path)));
    });
  }
}

}  // namespace tarsier::api
