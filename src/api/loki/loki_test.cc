#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/answer.h"
#include "api/loki/params.h"
#include "query/testing/memory_events.h"

namespace tarsier::api {
namespace {

using ::testing::HasSubstr;

struct Api {
  query::testing::MemoryEvents events;
  net::Router router;
  FakeClock clock{1000 * kSecond};

  Api() {
    events.add_line({{"service_name", "core"}}, 990 * kSecond, "first <line>",
                    {{"trace_id", "aa"}});
    events.add_line({{"service_name", "core"}}, 995 * kSecond, "second", {{"trace_id", "bb"}});
    Services services;
    services.events = &events;
    services.clock = &clock;
    add_loki(router, services);
  }
  net::Response get(std::string path, const net::Headers& query, net::Headers headers = {}) {
    net::Request request;
    request.path = std::move(path);
    for (const auto& [key, value] : query)
      request.query += key + "=" + net::url_encode(value) + "&";
    request.headers = std::move(headers);
    return router.handle(request);
  }
};

TEST(Loki, StreamsAreMergedByAllLabelsUnlessCategorised) {
  Api api;
  EXPECT_EQ(
      api.get("/loki/api/v1/query_range", {{"query", "{service_name=\"core\"}"}}).body,
      R"({"status":"success","data":{"resultType":"streams","result":[)"
      R"({"stream":{"service_name":"core","trace_id":"aa"},"values":[["990000000000","first <line>"]]},)"
      R"({"stream":{"service_name":"core","trace_id":"bb"},"values":[["995000000000","second"]]}],"stats":{}}})");
  net::Response r =
      api.get("/loki/api/v1/query_range", {{"query", "{service_name=\"core\"}"}, {"limit", "1"}},
              {{"X-Loki-Response-Encoding-Flags", "categorize-labels"}});
  EXPECT_EQ(
      r.body,
      R"({"status":"success","data":{"resultType":"streams","encodingFlags":["categorize-labels"],"result":[)"
      R"({"stream":{"service_name":"core"},"values":[["995000000000","second",{"structuredMetadata":{"trace_id":"bb"}}]]}],"stats":{}}})");
}

TEST(Loki, MetricsAndTheHealthCheckOfGrafana) {
  Api api;
  EXPECT_THAT(
      api.get("/loki/api/v1/query", {{"query", "vector(1)+vector(1)"}, {"time", "4000000000"}})
          .body,
      HasSubstr(R"("resultType":"vector","result":[{"metric":{},"value":[4000000000,"2"]}])"));
  EXPECT_THAT(
      api.get("/loki/api/v1/query_range",
              {{"query", "sum(count_over_time({service_name=\"core\"}[10s]))"},
               {"start", "990"},
               {"end", "1000"},
               {"step", "5000ms"}})
          .body,
      HasSubstr(
          R"("resultType":"matrix","result":[{"metric":{},"values":[[990,"1"],[995,"2"],[1000,"1"]]}])"));
}

TEST(Loki, RefusalsArePlainText) {
  Api api;
  EXPECT_EQ(api.get("/loki/api/v1/query", {{"query", "{service_name=\"core\"}"}}).status, 400);
  EXPECT_EQ(api.get("/loki/api/v1/query_range", {{"query", "{"}}).status, 400);
  EXPECT_EQ(api.get("/loki/api/v1/query_range", {{"query", "{a=\"b\"}"}, {"limit", "x"}}).status,
            400);
  EXPECT_EQ(
      api.get("/loki/api/v1/query_range", {{"query", "{a=\"b\"}"}, {"direction", "up"}}).status,
      400);
  EXPECT_EQ(api.get("/loki/api/v1/tail", {}).status, 501);
}

TEST(Loki, Series) {
  Api api;
  EXPECT_EQ(api.get("/loki/api/v1/series", {{"match[]", "{service_name=\"core\"}"}}).body,
            R"({"status":"success","data":[{"service_name":"core"}]})");
}

TEST(Loki, Times) {
  EXPECT_EQ(*loki::parse_time("t", "1700000000"), 1'700'000'000 * kSecond);
  EXPECT_EQ(*loki::parse_time("t", "1700000000123456789"), 1'700'000'000'123'456'789);
  EXPECT_EQ(*loki::parse_time("t", "1700000000.5"), 1'700'000'000 * kSecond + kSecond / 2);
  EXPECT_EQ(*loki::parse_time("t", "2023-11-14T22:13:20.25Z"),
            1'700'000'000 * kSecond + kSecond / 4);
  EXPECT_EQ(*loki::parse_time("t", "2023-11-14T23:13:20+01:00"), 1'700'000'000 * kSecond);
  EXPECT_FALSE(loki::parse_time("t", "yesterday"));
  EXPECT_FALSE(loki::parse_time("t", ""));
}

}  // namespace
}  // namespace tarsier::api
