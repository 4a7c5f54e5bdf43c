#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/answer.h"
#include "api/prometheus/params.h"
#include "query/testing/memory_metrics.h"

namespace tarsier::api {
namespace {

using ::testing::HasSubstr;

struct Api {
  query::testing::MemoryMetrics metrics;
  net::Router router;
  FakeClock clock{1000 * kSecond};

  Api() {
    for (int64_t t = 0; t <= 1000; t += 10) {
      metrics.add({{"__name__", "requests_total"}, {"job", "core"}}, t * 1000,
                  static_cast<double>(t));
      metrics.add({{"__name__", "http.size"}, {"job", "db"}, {"http.route", "/x"}}, t * 1000, 0.5);
    }
    Services services;
    services.metrics = &metrics;
    services.clock = &clock;
    services.version = "v1";
    add_prometheus(router, services);
  }
  net::Response get(std::string path, const net::Headers& params, bool post = false) {
    net::Request request;
    request.path = std::move(path);
    std::string form;
    for (const auto& [key, value] : params) form += key + "=" + net::url_encode(value) + "&";
    (post ? request.body : request.query) = form;
    if (post) {
      request.method = "POST";
      request.headers = {{"Content-Type", "application/x-www-form-urlencoded"}};
    }
    return router.handle(request);
  }
};

TEST(PrometheusApi, InstantQuery) {
  Api api;
  const std::string_view vector =
      R"({"status":"success","data":{"resultType":"vector","result":[{"metric":{"__name__":"requests_total","job":"core"},"value":[1000,"1000"]}]}})";
  EXPECT_EQ(api.get("/api/v1/query", {{"query", "requests_total"}}).body, vector);
  EXPECT_EQ(api.get("/api/v1/query", {{"query", "requests_total"}}, true).body, vector);
  EXPECT_EQ(api.get("/api/v1/query", {{"query", "1+1"}, {"time", "12.3456"}}).body,
            R"({"status":"success","data":{"resultType":"scalar","result":[12.346,"2"]}})");
  EXPECT_EQ(api.get("/api/v1/query", {{"query", "'a'"}, {"time", "1"}}).body,
            R"({"status":"success","data":{"resultType":"string","result":[1,"a"]}})");
  EXPECT_THAT(api.get("/api/v1/query", {{"query", "requests_total[15s]"}}).body,
              HasSubstr(R"("values":[[990,"990"],[1000,"1000"]])"));
}

TEST(PrometheusApi, RangeQuery) {
  Api api;
  EXPECT_EQ(
      api.get("/api/v1/query_range", {{"query", "sum(rate(requests_total[1m]))"},
                                      {"start", "600"},
                                      {"end", "1970-01-01T00:10:30Z"},
                                      {"step", "15s"}})
          .body,
      R"({"status":"success","data":{"resultType":"matrix","result":[{"metric":{},"values":[[600,"1"],[615,"1"],[630,"1"]]}]}})");
}

TEST(PrometheusApi, Annotations) {
  Api api;
  EXPECT_THAT(
      api.get("/api/v1/query", {{"query", "rate({\"http.size\"}[1m])"}}).body,
      HasSubstr(
          R"x("infos":["PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"http.size\" (1:6)"])x"));
  EXPECT_THAT(api.get("/api/v1/query", {{"query", "{job!=''}"}, {"limit", "1"}}).body,
              HasSubstr(R"("warnings":["results truncated due to limit"])"));
}

TEST(PrometheusApi, ErrorsHaveTypeAndStatus) {
  Api api;
  const auto check = [&](const char* path, const net::Headers& params, int status,
                         std::string_view body) {
    const net::Response response = api.get(path, params);
    EXPECT_EQ(response.status, status) << response.body;
    EXPECT_THAT(response.body, HasSubstr(body));
  };
  check(
      "/api/v1/query", {{"query", "1 +"}}, 400,
      R"({"status":"error","errorType":"bad_data","error":"invalid parameter \"query\": 1:4: parse error: unexpected end of input"})");
  check(
      "/api/v1/query", {{"query", "1"}, {"time", "x"}}, 400,
      R"(invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp)");
  check("/api/v1/query", {{"query", "{job!=''} + on() {job!=''}"}}, 422,
        R"("errorType":"execution","error":"found duplicate series)");
  check("/api/v1/query", {{"query", "histogram_sum(x)"}}, 400, "histogram_sum");
  check("/api/v1/query_range", {{"query", "1"}, {"start", "0"}, {"end", "9"}, {"step", "0"}}, 400,
        "zero or negative query resolution");
  check("/api/v1/query_range", {{"query", "1"}, {"start", "0"}, {"end", "99999"}, {"step", "1"}},
        400, "exceeded maximum resolution of 11,000 points");
  check("/api/v1/query_range", {{"query", "1"}, {"start", "9"}, {"end", "0"}, {"step", "1"}}, 400,
        "end timestamp must not be before start time");
  check("/api/v1/query_range", {{"query", "x[1m]"}, {"start", "0"}, {"end", "1"}, {"step", "1"}},
        400, R"(invalid expression type \"range vector\" for range query)");
  check("/api/v1/series", {}, 400, "no match[] parameter provided");
  check("/api/v1/query", {{"query", "1"}, {"limit", "-1"}}, 400, "limit must be non-negative");
}

TEST(PrometheusApi, Labels) {
  Api api;
  EXPECT_EQ(api.get("/api/v1/labels", {}).body,
            R"({"status":"success","data":["__name__","http.route","job"]})");
  EXPECT_EQ(api.get("/api/v1/labels", {{"match[]", "requests_total"}}).body,
            R"({"status":"success","data":["__name__","job"]})");
  EXPECT_EQ(
      api.get("/api/v1/label/job/values", {{"limit", "1"}}).body,
      R"({"status":"success","data":["core"],"warnings":["results truncated due to limit"]})");
  EXPECT_EQ(api.get("/api/v1/label/U__http_2e_route/values", {}).body,
            R"({"status":"success","data":["/x"]})");
  EXPECT_EQ(
      api.get("/api/v1/series", {{"match[]", "{job='core'}"}, {"match[]", "{job='core'}"}}).body,
      R"({"status":"success","data":[{"__name__":"requests_total","job":"core"}]})");
  EXPECT_EQ(api.get("/api/v1/series", {{"match[]", "{job='core'}"}, {"start", "2000"}}).body,
            R"({"status":"success","data":[]})");
}

TEST(PrometheusApi, Rest) {
  Api api;
  EXPECT_EQ(api.get("/api/v1/format_query", {{"query", "sum by(a)(x)"}}).body,
            R"x({"status":"success","data":"sum by (a) (x)"})x");
  EXPECT_EQ(api.get("/api/v1/rules", {}).body, R"({"status":"success","data":{"groups":[]}})");
  EXPECT_THAT(api.get("/api/v1/status/buildinfo", {}).body, HasSubstr(R"("revision":"v1")"));
  EXPECT_EQ(api.get("/api/v1/query_exemplars", {{"query", "x"}}).body,
            R"({"status":"success","data":[]})");
  EXPECT_EQ(api.get("/api/v1/metadata", {}).body, R"({"status":"success","data":{}})");
  EXPECT_EQ(api.get("/-/ready", {}).status, 200);
}

TEST(PrometheusApi, AnswersTheUi) {
  Api api;
  Services services;
  services.metrics = &api.metrics;
  services.clock = &api.clock;
  query::QueryContext context = query_context(services, "");
  std::string out;
  wire::JsonWriter json(out);
  const Question question{.expr = "vector(1)", .end_ms = 5000, .instant = true};
  ASSERT_TRUE(answer_prometheus(services, context, question, json));
  EXPECT_EQ(out, R"({"resultType":"vector","result":[{"metric":{},"value":[5,"1"]}]})");
}

TEST(PrometheusParams, UnescapesLabels) {
  EXPECT_EQ(prometheus::unescape_label("U__a_2e_b__c"), "a.b_c");
  EXPECT_EQ(prometheus::unescape_label("U__a_zz_b"), "U__a_zz_b");
  EXPECT_EQ(prometheus::unescape_label("plain_name"), "plain_name");
}

TEST(PrometheusParams, Times) {
  EXPECT_EQ(*prometheus::parse_time_ms("1435781430.781"), 1435781430781);
  EXPECT_EQ(*prometheus::parse_time_ms("2015-07-01T20:10:30.781Z"), 1435781430781);
  EXPECT_EQ(*prometheus::parse_time_ms("2015-07-01T22:10:30+02:00"), 1435781430000);
  EXPECT_EQ(*prometheus::parse_duration_ns("1.5"), 1'500'000'000);
  EXPECT_EQ(*prometheus::parse_duration_ns("1h"), kHour);
  for (const char* text : {"", "x", "NaN", "2015-07-01"}) {
    EXPECT_FALSE(prometheus::parse_time_ms(text)) << text;
  }
  EXPECT_FALSE(prometheus::parse_duration_ns("1e300"));
}

}  // namespace
}  // namespace tarsier::api
