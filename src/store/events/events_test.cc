#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "store/events/level.h"
#include "store/events/log_labels.h"
#include "store/testing/fixture.h"
#include "wire/push.h"

namespace tarsier::store {
namespace {

using ::testing::ElementsAre;

TEST(Labels, IndexedAndNot) {
  model::Resource resource{{{"service.name", {std::string("api")}},
                            {"service.instance.id", {std::string("h:1")}},
                            {"k8s.pod.name", {std::string("p")}},
                            {"host.name", {std::string("h")}}},
                           0,
                           {}};
  model::Labels stream = stream_labels(resource, false);
  EXPECT_EQ(model::to_string(stream), "{k8s_pod_name=\"p\", service_name=\"api\"}");
  model::LogRecord record;
  record.severity_number = 17;
  record.attributes = {{"http.route", {std::string("/x")}}};
  EXPECT_EQ(
      model::to_string(structured_metadata(stream, resource, {}, record, false, "line")),
      "{detected_level=\"error\", host_name=\"h\", http_route=\"/x\", service_instance_id=\"h:1\", "
      "severity_number=\"17\"}");
}

TEST(Labels, ServiceNameIsDiscovered) {
  EXPECT_EQ(model::to_string(stream_labels({}, false)), "{service_name=\"unknown_service\"}");
  EXPECT_EQ(model::to_string(stream_labels({{{"app", {std::string("web")}}}, 0, {}}, true)),
            "{app=\"web\", service_name=\"web\"}");
}

TEST(Level, IsDetected) {
  auto f = [](std::string_view line, std::string expected) {
    EXPECT_EQ(detected_level({}, {}, {}, line), expected) << line;
  };
  f("level=warn msg=x", "warn");
  f("{\"level\":\"ERROR\",\"m\":1}", "error");
  f("{\"msg\": \"x\", \"severity\": \"debug\"}", "debug");
  f("2024 [INFO] started", "info");
  f("an error after a warning", "error");
  f("terror and information", "unknown");
  f("nothing here", "unknown");
}

class EventsTest : public testing::StoreFixture {
 protected:
  std::vector<std::string> ids(TraceSelect wanted = {}) {
    wanted.tenant = tenant_;
    std::vector<std::string> out;
    EXPECT_TRUE(store_->events().traces(wanted, [&](const TraceView& view) -> Status {
      out.push_back(std::to_string(view.trace_id.bytes[15]) + ":" +
                    std::to_string(view.spans.size()));
      return {};
    }));
    return out;
  }
  TimeRange seconds(double from, double to) { return {at_ns(from), at_ns(to)}; }
};

TEST_F(EventsTest, TracesNewestFirstWithAllTheirSpans) {
  write_span("api", "a", 1, 1, 10);
  write_span("api", "b", 2, 1, 20);
  write_span("db", "late", 1, 2, 10.05);
  write_span("api", "c", 3, 1, 15);
  EXPECT_THAT(ids(), ElementsAre("2:1", "3:1", "1:2"));
  EXPECT_THAT(ids({.newest_first = false}), ElementsAre("1:2", "3:1", "2:1"));
  EXPECT_THAT(ids({.range = seconds(14, 16)}), ElementsAre("3:1"));
  EXPECT_THAT(ids({.range = seconds(0, 9)}), ElementsAre());
  EXPECT_EQ(trace(1), "api a\ndb late\n");
}

TEST_F(EventsTest, HintsFindWholeTraces) {
  write_span("api", "a", 1, 1, 10, 5);
  write_span("db", "q", 1, 2, 11, 1);
  write_span("api", "b", 2, 1, 20);
  EXPECT_THAT(ids({.service_name = "db"}), ElementsAre("1:2"));
  EXPECT_THAT(ids({.span_name = "b"}), ElementsAre("2:1"));
  EXPECT_THAT(ids({.duration_min_ns = 2 * kSecond}), ElementsAre("1:2"));
  // The span that is meant lies outside of the range, its trace does not.
  EXPECT_THAT(ids({.range = seconds(10, 10.5), .service_name = "db"}), ElementsAre("1:2"));
  EXPECT_THAT(ids({.range = seconds(19, 30), .service_name = "db"}), ElementsAre());
}

TEST_F(EventsTest, ASpanDeliveredTwiceIsShownOnce) {
  write_span("api", "a", 1, 1);
  write_span("api", "a", 1, 1);
  EXPECT_EQ(trace(1), "api a\n");
  EXPECT_EQ(trace(2), "trace " + trace_id(2).hex() + " is not known");
}

TEST_F(EventsTest, LogsInBothDirections) {
  for (int t : {3, 1, 2}) write_log("api", std::to_string(t), t);
  write_log("db", "x", 2);
  EXPECT_EQ(logs(), "3\n2\nx\n1\n");
  EXPECT_EQ(logs({.newest_first = false}), "1\n2\nx\n3\n");
  EXPECT_EQ(logs({.range = seconds(1, 3)}), "2\nx\n1\n");
  EXPECT_EQ(logs({.matchers = {{MatchKind::kEqual, "service_name", "db"}}}), "x\n");
  EXPECT_EQ(logs({.contains = {"3"}}), "3\n");
}

TEST_F(EventsTest, ALineDeliveredTwiceIsShownOnce) {
  write_log("api", "same", 1);
  write_log("api", "same", 1);
  write_log("db", "same", 1);
  EXPECT_EQ(logs(), "same\nsame\n");
}

TEST_F(EventsTest, LogsOfOneTrace) {
  model::Batch batch = log_batch("api", "with", 1);
  batch.logs[0].scopes[0].records[0].trace_id = trace_id(5);
  write(std::move(batch));
  write_log("api", "without", 1);
  EXPECT_EQ(logs({.trace_id = trace_id(5)}), "with\n");
}

TEST_F(EventsTest, PushedStreamsKeepTheirLabels) {
  model::Batch batch = log_batch("api", "x", 1);
  batch.logs[0].resource.attributes = {{"service_name", {std::string("a.b")}},
                                       {"env", {std::string("p")}}};
  batch.logs[0].scopes[0].scope.name = wire::kLokiScope;
  write(std::move(batch));
  EXPECT_THAT(*store_->events().log_label_names({.tenant = tenant_}),
              ElementsAre("env", "service_name"));
  EXPECT_THAT(*store_->events().log_label_values({.tenant = tenant_}, "service_name"),
              ElementsAre("a.b"));
}

TEST_F(EventsTest, OrderHoldsOverManyBlocks) {
  std::string padding(200'000, 'x');
  for (int i = 0; i < 40; i++) {
    int t = (i * 17) % 40;
    write_log("api", std::to_string(t) + " " + padding, t);
    write_span("api", padding, static_cast<uint8_t>(t + 1), 1, t);
  }
  int expected = 40;
  ASSERT_TRUE(store_->events().logs({.tenant = tenant_}, [&](const LogRow& row) -> Status {
    EXPECT_EQ(std::stoi(std::string(row.line)), --expected);
    return {};
  }));
  EXPECT_EQ(expected, 0);
  ASSERT_TRUE(store_->events().traces({.tenant = tenant_}, [&](const TraceView& view) -> Status {
    EXPECT_EQ(view.trace_id.bytes[15], 40 - expected++);
    return {};
  }));
  EXPECT_EQ(expected, 40);
}

TEST_F(EventsTest, ACallersErrorEndsTheWalk) {
  write_log("api", "a", 1);
  write_log("api", "b", 2);
  int shown = 0;
  Status status = store_->events().logs({.tenant = tenant_}, [&](const LogRow&) -> Status {
    shown++;
    return Error{Code::kCancelled, "enough"};
  });
  EXPECT_EQ(status.error().code, Code::kCancelled);
  EXPECT_EQ(shown, 1);
}

}  // namespace
}  // namespace tarsier::store
