#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "query/engine.h"
#include "query/testing/memory_events.h"
#include "query/traceql/names.h"
#include "query/traceql/parser.h"

namespace tarsier::query {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

model::SpanId span_id(uint8_t n) {
  model::SpanId id;
  id.bytes[7] = n;
  return id;
}
model::TraceId trace_id(uint8_t n) {
  model::TraceId id;
  id.bytes[15] = n;
  return id;
}

// Trace 1: core "GET /a" (1) -> core client (2) -> database "POST /q" (3, error), core client (4).
// Trace 2: receipt "POST /receipt" (1), slow.
testing::MemoryEvents two_traces() {
  testing::MemoryEvents events;
  auto span = [](uint8_t trace, uint8_t id, uint8_t parent, std::string name, model::SpanKind kind,
                 int64_t start_ms, int64_t ms) {
    model::Span s;
    s.trace_id = trace_id(trace);
    s.span_id = span_id(id);
    if (parent) s.parent_span_id = span_id(parent);
    s.name = std::move(name);
    s.kind = kind;
    s.start_ns = start_ms * kMillisecond;
    s.end_ns = s.start_ns + ms * kMillisecond;
    return s;
  };
  using model::SpanKind;
  auto& root = events.add_span("core", span(1, 1, 0, "GET /a", SpanKind::kServer, 0, 100));
  root.attributes = {{"http.response.status_code", {int64_t{200}}},
                     {"url.path", {std::string("/a")}}};
  events.add_span("core", span(1, 2, 1, "POST", SpanKind::kClient, 10, 60));
  auto& query = events.add_span("database", span(1, 3, 2, "POST /q", SpanKind::kServer, 20, 40));
  query.status = model::SpanStatus::kError;
  query.attributes = {{"http.response.status_code", {int64_t{500}}},
                      {"tags", {model::Array{{std::string("x")}, {std::string("y")}}}}};
  query.events = {{25 * kMillisecond, "retry", {{"n", {int64_t{2}}}}, 0}};
  events.add_span("core", span(1, 4, 1, "GET", SpanKind::kClient, 80, 10));
  auto& slow =
      events.add_span("receipt", span(2, 1, 0, "POST /receipt", SpanKind::kServer, 0, 5000));
  slow.attributes = {{"http.response.status_code", {int64_t{200}}}, {"ratio", {0.5}}};
  return events;
}

// "1:3 2:1": the matching spans of each trace.
std::string search(const std::string& query) {
  testing::MemoryEvents events = two_traces();
  QueryContext context;
  Result<TraceqlResult> result = search_traces(context, events, query, {.spans_per_set = 0});
  if (!result) return result.error().message;
  std::string out;
  for (const TraceHit& hit : result->traces) {
    for (const SpanSet& set : hit.span_sets) {
      for (const TraceSpan& span : set.spans) {
        out += fmt::format("{}{}:{}", out.empty() ? "" : " ", hit.trace_id.bytes[15],
                           span.span_id.bytes[7]);
      }
    }
  }
  return out;
}

TEST(Traceql, Filters) {
  EXPECT_EQ(search("{}"), "1:1 1:2 1:3 1:4 2:1");
  EXPECT_EQ(search("{ true }"), "1:1 1:2 1:3 1:4 2:1");
  EXPECT_EQ(search("{ resource.service.name = \"database\" }"), "1:3");
  EXPECT_EQ(search("{ .service.name != \"core\" }"), "1:3 2:1");
  EXPECT_EQ(search("{ span.http.response.status_code >= 500 }"), "1:3");
  EXPECT_EQ(search("{ duration > 1s }"), "2:1");
  EXPECT_EQ(search("{ duration > 50ms && duration < 80ms }"), "1:2");
  EXPECT_EQ(search("{ status = error }"), "1:3");
  EXPECT_EQ(search("{ kind = client }"), "1:2 1:4");
  EXPECT_EQ(search("{ name =~ \"POST.+\" }"), "1:3 2:1");
  EXPECT_EQ(search("{ name =~ \"OST\" }"), "");
  EXPECT_EQ(search("{ name !~ \"POST.*\" && kind = server }"), "1:1");
  EXPECT_EQ(search("{ .ratio = 0.5 }"), "2:1");
  EXPECT_EQ(search("{ .ratio * 4 = 2 }"), "2:1");
  EXPECT_EQ(search("{ -(.ratio) < 0 }"), "2:1");
  EXPECT_EQ(search("{ !(kind = client) && rootServiceName = \"core\" }"), "1:1 1:3");
  EXPECT_EQ(search("{ traceDuration > 1s }"), "2:1");
  EXPECT_EQ(search("{ span:id = \"0000000000000003\" }"), "1:3");
  EXPECT_EQ(search("{ childCount = 2 }"), "1:1");
  EXPECT_EQ(search("{ nestedSetParent < 0 }"), "1:1 2:1");
}

TEST(Traceql, MissingAttributesMatchNothing) {
  EXPECT_EQ(search("{ .nowhere != 1 }"), "");
  EXPECT_EQ(search("{ .nowhere = nil && kind = client }"), "1:2 1:4");
  EXPECT_EQ(search("{ .http.response.status_code != nil }"), "1:1 1:3 2:1");
  EXPECT_EQ(search("{ .url.path = 5 }"), "");
}

TEST(Traceql, ArraysAndEvents) {
  EXPECT_EQ(search("{ .tags = \"x\" }"), "1:3");
  EXPECT_EQ(search("{ .tags != \"x\" }"), "");
  EXPECT_EQ(search("{ .tags != \"z\" }"), "1:3");
  EXPECT_EQ(search("{ event:name = \"retry\" }"), "1:3");
  EXPECT_EQ(search("{ event.n = 2 }"), "1:3");
}

TEST(Traceql, Structure) {
  EXPECT_EQ(search("{ resource.service.name = \"core\" } >> { status = error }"), "1:3");
  EXPECT_EQ(search("{ kind = server } > { kind = client }"), "1:2 1:4");
  EXPECT_EQ(search("{ status = error } << { kind = server }"), "1:1");
  EXPECT_EQ(search("{ kind = client } < { kind = server }"), "1:1");
  EXPECT_EQ(search("{ name = \"POST\" } ~ { kind = client }"), "1:4");
  EXPECT_EQ(search("{ kind = server } &> { kind = client }"), "1:1 1:2 1:4");
  EXPECT_EQ(search("{ kind = client } !> { kind = server }"), "1:1 2:1");
  EXPECT_EQ(search("{ status = error } && { kind = client }"), "1:2 1:3 1:4");
  EXPECT_EQ(search("{ status = error } || { duration > 1s }"), "1:3 2:1");
}

TEST(Traceql, Pipelines) {
  EXPECT_EQ(search("{ kind = client } | count() > 1"), "1:2 1:4");
  EXPECT_EQ(search("{ kind = client } | count() > 2"), "");
  EXPECT_EQ(search("{} | avg(duration) > 1s"), "2:1");
  EXPECT_EQ(search("{} | by(resource.service.name) | count() = 1"), "1:3 2:1");
  EXPECT_EQ(search("{} | by(kind) | coalesce() | count() = 4"), "1:1 1:2 1:3 1:4");
  EXPECT_EQ(search("({ kind = client } | count() = 2) && { status = error }"), "1:2 1:3 1:4");
}

TEST(Traceql, ErrorsNamePlaceAndConstruct) {
  EXPECT_THAT(search("{ duration > }"), HasSubstr("1:14: parse error: unexpected \"}\""));
  EXPECT_THAT(search("{ name > 5 }"), HasSubstr("must operate on the same type"));
  EXPECT_THAT(search("{ name =~ \"(\" }"), HasSubstr("bad regular expression"));
  EXPECT_THAT(search("{} | rate()"), HasSubstr("metrics function rate() is not supported"));
  EXPECT_THAT(search("{ parent.x = 1 }"), HasSubstr("the parent scope is not supported"));
  EXPECT_THAT(search("{ duration }"), HasSubstr("must be true or false"));
  EXPECT_THAT(search(std::string(5000, '(')), HasSubstr("nested deeper"));
}

TEST(Traceql, AnswerHoldsWhatTheQueryMentions) {
  testing::MemoryEvents events = two_traces();
  QueryContext context;
  auto result = search_traces(
      context, events, "{ .http.response.status_code = 500 && status = error } | select(name)", {});
  ASSERT_TRUE(result) << result.error().message;
  ASSERT_EQ(result->traces.size(), 1u);
  const TraceHit& hit = result->traces[0];
  EXPECT_EQ(hit.root_service_name, "core");
  EXPECT_EQ(hit.root_trace_name, "GET /a");
  EXPECT_EQ(hit.duration_ns, 100 * kMillisecond);
  ASSERT_EQ(hit.services.size(), 2u);
  EXPECT_EQ(hit.services[1].errors, 1u);
  const TraceSpan& span = hit.span_sets[0].spans[0];
  EXPECT_EQ(span.name, "POST /q");
  EXPECT_EQ(model::to_string(*model::find(span.attributes, "http.response.status_code")), "500");
  EXPECT_EQ(model::find_string(span.attributes, "status"), "error");
}

TEST(Traceql, LimitEndsTheSearch) {
  testing::MemoryEvents events = two_traces();
  QueryContext context;
  auto result = search_traces(context, events, "{}", {.limit = 1});
  ASSERT_TRUE(result);
  EXPECT_EQ(result->traces.size(), 1u);
  EXPECT_EQ(result->inspected_traces, 1u);
}

TEST(Traceql, Tags) {
  testing::MemoryEvents events = two_traces();
  QueryContext context;
  auto tags = trace_tags(context, events, "", {});
  ASSERT_TRUE(tags);
  EXPECT_EQ((*tags)[0].first, "resource");
  EXPECT_THAT((*tags)[0].second, ElementsAre("service.name"));
  EXPECT_THAT((*tags)[1].second,
              ElementsAre("http.response.status_code", "ratio", "tags", "url.path"));
  auto values = trace_tag_values(context, events, "resource.service.name", "", {});
  ASSERT_TRUE(values);
  ASSERT_EQ(values->size(), 3u);
  EXPECT_EQ((*values)[0].value, "core");
  // A query that is still being typed: what is complete counts.
  auto some = trace_tag_values(context, events, ".service.name", "{ status = error && .x = }", {});
  ASSERT_TRUE(some);
  ASSERT_EQ(some->size(), 1u);
  EXPECT_EQ((*some)[0].value, "database");
  EXPECT_FALSE(trace_tag_values(context, events, "{", "", {}));
}

TEST(Traceql, AttributeNames) {
  EXPECT_EQ(traceql::parse_attribute("span.\"a b\".c")->name, "a b.c");
  EXPECT_EQ(traceql::to_string(*traceql::parse_attribute(".x-y")), ".x-y");
  EXPECT_FALSE(traceql::parse_attribute("span."));
}

}  // namespace
}  // namespace tarsier::query
