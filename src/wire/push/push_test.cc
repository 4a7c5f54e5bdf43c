#include "wire/push.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "base/metrics.h"
#include "wire/push/stream_labels.h"
#include "wire/testing/random_batch.h"

namespace tarsier::wire {
namespace {

using ::testing::HasSubstr;

TEST(RemoteWrite, RoundTrip) {
  Random random(1);
  for (int i = 0; i < 100; i++) {
    model::Batch batch = testing::random_batch(
        random, {.nan_payloads = true, .spans = false, .logs = false, .metrics = false});
    auto again = decode_remote_write(encode_remote_write(batch));
    ASSERT_TRUE(again) << again.error().message;
    ASSERT_EQ(again->series.size(), batch.series.size());
    for (size_t s = 0; s < batch.series.size(); s++) {
      EXPECT_EQ(again->series[s].labels, batch.series[s].labels);
      ASSERT_EQ(again->series[s].samples.size(), batch.series[s].samples.size());
      for (size_t k = 0; k < batch.series[s].samples.size(); k++) {
        EXPECT_EQ(again->series[s].samples[k].time_ms, batch.series[s].samples[k].time_ms);
        EXPECT_TRUE(
            model::same_bits(again->series[s].samples[k].value, batch.series[s].samples[k].value));
      }
    }
  }
}

TEST(RemoteWrite, CountsNativeHistograms) {
  std::string series, request;
  protozero::pbf_writer(series).add_message(4, std::string("histogram"));
  protozero::pbf_writer(request).add_message(1, series);
  auto count = [] {
    return metrics().value("tarsier_wire_uncarried_total", {{"reason", "native_histogram"}});
  };
  double before = count();
  ASSERT_TRUE(decode_remote_write(request));
  EXPECT_EQ(count(), before + 1);
}

TEST(RemoteWrite, ErrorsNameTheField) {
  EXPECT_THAT(decode_remote_write("\x0a\x02\x12\x01").error().message,
              HasSubstr("timeseries[0].samples: not protobuf"));
}

TEST(StreamLabels, Parses) {
  auto labels = parse_stream_labels("{ app=\"a\\\"b\\n\\x41\\u00e4\\101\", env=`\\raw`,}");
  ASSERT_TRUE(labels) << labels.error().message;
  EXPECT_EQ(*labels, (model::Attributes{{"app", {std::string("a\"b\nAäA")}},
                                        {"env", {std::string("\\raw")}}}));
  EXPECT_TRUE(parse_stream_labels("{}")->empty());
}

TEST(StreamLabels, SaysWhatIsWrongWhere) {
  auto error = [](std::string_view text) { return parse_stream_labels(text).error().message; };
  EXPECT_EQ(error("app=\"x\""), "stream labels app=\"x\": byte 0: expected '{'");
  EXPECT_THAT(error("{app=x}"), HasSubstr("byte 5: expected a quoted value"));
  EXPECT_THAT(error("{app=\"x}"), HasSubstr("expected the closing quote"));
  EXPECT_THAT(error("{app=\"\\q\"}"), HasSubstr("byte 6: expected a valid escape"));
  EXPECT_THAT(error("{app=\"\\u12\"}"), HasSubstr("expected a valid escape"));
  EXPECT_THAT(error("{app=\"\\"), HasSubstr("expected a valid escape"));
  EXPECT_THAT(error("{1a=\"x\"}"), HasSubstr("expected a label name"));
  EXPECT_THAT(error("{} x"), HasSubstr("expected the end"));
}

void expect_hello(const Result<model::Batch>& batch) {
  ASSERT_TRUE(batch) << batch.error().message;
  ASSERT_EQ(batch->logs.size(), 1u);
  const model::ResourceLogs& stream = batch->logs[0];
  EXPECT_EQ(stream.resource.attributes, (model::Attributes{{"app", {std::string("api")}}}));
  EXPECT_EQ(stream.scopes[0].scope.name, kLokiScope);
  model::LogRecord expected;
  expected.time_ns = 1'700'000'000'000'000'005;
  expected.body = {std::string("hello")};
  expected.attributes = {{"trace_id", {std::string("abc")}}};
  EXPECT_EQ(stream.scopes[0].records, std::vector{expected});
}

TEST(LokiPush, Json) {
  expect_hello(decode_loki_push_json(R"({"ignored":[{}],"streams":[{"stream":{"app":"api"},
      "values":[["1700000000000000005","hello",{"trace_id":"abc"}]]}]})"));
}

TEST(LokiPush, JsonErrorsNameTheField) {
  auto error = [](std::string_view text) { return decode_loki_push_json(text).error().message; };
  EXPECT_THAT(error(R"({"streams":[{"values":[["1","a"],["x","b"]]}]})"),
              HasSubstr("streams[0].values[1]: x is not an integer that fits"));
  EXPECT_THAT(error(R"({"streams":[{"values":[["1"]]}]})"), HasSubstr("streams[0].values[0]: exp"));
  EXPECT_THAT(error(R"({"streams":[{},{"stream":{"a":1}}]})"), HasSubstr("streams[1].stream: "));
  EXPECT_THAT(error("hello"), HasSubstr("not the expected JSON"));
}

TEST(LokiPush, Protobuf) {
  std::string time, pair, entry, stream, request;
  protozero::pbf_writer t(time), p(pair), e(entry), s(stream), r(request);
  t.add_int64(1, 1'700'000'000);
  t.add_int32(2, 5);
  p.add_string(1, "trace_id");
  p.add_string(2, "abc");
  e.add_message(1, time);
  e.add_string(2, "hello");
  e.add_message(3, pair);
  s.add_string(1, "{app=\"api\"}");
  s.add_message(2, entry);
  s.add_uint64(3, 12345);
  r.add_message(1, stream);
  expect_hello(decode_loki_push_protobuf(request));
}

}  // namespace
}  // namespace tarsier::wire
