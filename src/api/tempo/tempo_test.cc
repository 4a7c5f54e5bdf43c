#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "api/answer.h"
#include "api/tempo/params.h"
#include "query/testing/memory_events.h"
#include "wire/otlp.h"

namespace tarsier::api {
namespace {

using ::testing::HasSubstr;

struct Api {
  query::testing::MemoryEvents events;
  net::Router router;

  Api() {
    model::Span span;
    span.trace_id.bytes[15] = 0xab;
    span.span_id.bytes[7] = 1;
    span.name = "GET /a";
    span.end_ns = 5 * kMillisecond;
    span.attributes = {{"http.response.status_code", {int64_t{200}}}};
    events.add_span("core", span);
    Services services;
    services.events = &events;
    add_tempo(router, services);
  }
  net::Response get(std::string path, std::string query = "", net::Headers headers = {}) {
    net::Request request;
    request.path = std::move(path);
    request.query = std::move(query);
    request.headers = std::move(headers);
    return router.handle(request);
  }
};

TEST(Tempo, Search) {
  Api api;
  net::Response r =
      api.get("/api/search", "q=" + net::url_encode("{ .http.response.status_code = 200 }"));
  EXPECT_EQ(r.status, 200);
  EXPECT_THAT(
      r.body,
      HasSubstr(
          R"("traceID":"000000000000000000000000000000ab","rootServiceName":"core","rootTraceName":"GET /a")"));
  EXPECT_THAT(r.body,
              HasSubstr(R"({"key":"http.response.status_code","value":{"intValue":"200"}})"));
  EXPECT_THAT(r.body, HasSubstr(R"("metrics":{"inspectedTraces":1)"));
}

TEST(Tempo, SearchByTags) {
  Api api;
  auto found = [&](std::string_view tags) {
    return api.get("/api/search", "tags=" + net::url_encode(tags)).body.find("000ab") !=
           std::string::npos;
  };
  EXPECT_TRUE(found("service.name=core"));
  EXPECT_TRUE(found("http.response.status_code=200 name=\"GET /a\""));
  EXPECT_FALSE(found("service.name=other"));
  EXPECT_EQ(api.get("/api/search", "tags=broken").status, 400);
}

TEST(Tempo, Durations) {
  net::Params params = net::Params::parse("minDuration=1ms&maxDuration=1s");
  EXPECT_EQ(*tempo::search_query(params), "{ traceDuration >= 1ms && traceDuration <= 1s }");
  EXPECT_FALSE(tempo::search_query(net::Params::parse("minDuration=soon")));
}

TEST(Tempo, TraceById) {
  Api api;
  EXPECT_THAT(api.get("/api/v2/traces/ab").body, HasSubstr(R"({"trace":{"resourceSpans":[)"));
  EXPECT_THAT(api.get("/api/traces/AB").body, HasSubstr(R"({"batches":[)"));
  EXPECT_EQ(api.get("/api/v2/traces/ac").status, 404);
  EXPECT_EQ(api.get("/api/v2/traces/xyz").status, 400);
  net::Response r = api.get("/api/traces/ab", "", {{"Accept", "application/protobuf"}});
  EXPECT_EQ(r.content_type, "application/protobuf");
  auto batch = wire::decode_otlp(wire::Signal::kTraces, wire::Encoding::kProtobuf, r.body);
  ASSERT_TRUE(batch);
  EXPECT_EQ(batch->spans[0].scopes[0].records[0].name, "GET /a");
}

TEST(Tempo, TagsAndValues) {
  Api api;
  EXPECT_THAT(api.get("/api/v2/search/tags", "scope=span").body,
              HasSubstr(R"({"scopes":[{"name":"span","tags":["http.response.status_code"]}])"));
  EXPECT_EQ(api.get("/api/v2/search/tags", "scope=all").status, 400);
  EXPECT_THAT(api.get("/api/search/tag/service.name/values").body,
              HasSubstr(R"({"tagValues":["core"]})"));
  EXPECT_THAT(api.get("/api/v2/search/tag/.http.response.status_code/values").body,
              HasSubstr(R"({"type":"int","value":"200"})"));
}

TEST(Tempo, BadQueriesSayWhere) {
  Api api;
  net::Response r = api.get("/api/search", "q=" + net::url_encode("{ a = }"));
  EXPECT_EQ(r.status, 400);
  EXPECT_THAT(r.body, HasSubstr("1:3: parse error"));
  EXPECT_EQ(api.get("/api/search", "q=" + net::url_encode("{} | rate()")).status, 501);
}

}  // namespace
}  // namespace tarsier::api
