#include "wire/otlp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <protozero/pbf_writer.hpp>

#include "wire/testing/random_batch.h"

namespace tarsier::wire {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::array kSignals = {Signal::kTraces, Signal::kMetrics, Signal::kLogs};

model::Batch random_of(Signal signal, uint64_t seed, bool nan_payloads) {
  Random random(seed);
  return testing::random_batch(random, {.nan_payloads = nan_payloads,
                                        .spans = signal == Signal::kTraces,
                                        .logs = signal == Signal::kLogs,
                                        .metrics = signal == Signal::kMetrics,
                                        .series = false});
}

void expect_round_trips(Encoding encoding, bool nan_payloads) {
  for (Signal signal : kSignals) {
    for (uint64_t seed = 0; seed < 100; seed++) {
      model::Batch batch = random_of(signal, seed, nan_payloads);
      std::string bytes = encode_otlp(signal, encoding, batch);
      auto again = decode_otlp(signal, encoding, bytes);
      ASSERT_TRUE(again) << again.error().message << "\n" << bytes;
      ASSERT_EQ(again->spans, batch.spans) << "seed " << seed;
      ASSERT_EQ(again->metrics, batch.metrics) << "seed " << seed;
      ASSERT_EQ(again->logs, batch.logs) << "seed " << seed;
    }
  }
}

TEST(Otlp, ProtobufRoundTrip) {
  expect_round_trips(Encoding::kProtobuf, true);
}
TEST(Otlp, JsonRoundTrip) {
  expect_round_trips(Encoding::kJson, false);
}

std::string error_of(Signal signal, Encoding encoding, std::string_view bytes) {
  auto result = decode_otlp(signal, encoding, bytes);
  return result ? "no error" : result.error().message;
}

TEST(Otlp, EveryCutOffMessageIsAnErrorOrShorter) {
  model::Batch batch = random_of(Signal::kTraces, 3, false);
  for (Encoding encoding : {Encoding::kProtobuf, Encoding::kJson}) {
    std::string bytes = encode_otlp(Signal::kTraces, encoding, batch);
    for (size_t n = 0; n < bytes.size(); n++) {
      auto cut = decode_otlp(Signal::kTraces, encoding, bytes.substr(0, n));
      if (cut) {
        EXPECT_EQ(encoding, Encoding::kProtobuf);
        EXPECT_LT(cut->spans.size(), batch.spans.size());
      }
    }
  }
}

// A message with one field whose content is another message, and so on.
std::string nest(std::initializer_list<int> tags, std::string inner) {
  for (auto tag = std::rbegin(tags); tag != std::rend(tags); tag++) {
    std::string outer;
    protozero::pbf_writer(outer).add_message(static_cast<uint32_t>(*tag), inner);
    inner = outer;
  }
  return inner;
}

TEST(Otlp, ProtobufErrorsNameTheField) {
  EXPECT_EQ(error_of(Signal::kTraces, Encoding::kProtobuf, nest({1, 2, 2, 1}, "short")),
            "resourceSpans[0].scopeSpans[0].spans[0].traceId: 5 bytes, expected 16 or none");
  EXPECT_EQ(error_of(Signal::kTraces, Encoding::kProtobuf, nest({1, 2, 2, 7}, "time")),
            "resourceSpans[0].scopeSpans[0].spans[0].startTimeUnixNano: wire type 2, expected 1");
  EXPECT_THAT(error_of(Signal::kLogs, Encoding::kProtobuf, "{\"resourceLogs\":[]}"),
              HasSubstr("not protobuf"));
}

TEST(Otlp, JsonErrorsNameTheField) {
  auto span = [](std::string text) {
    return R"({"resourceSpans":[{"scopeSpans":[{"spans":[{},)" + text + "]}]}]}";
  };
  const std::string at = "resourceSpans[0].scopeSpans[0].spans[1].";
  auto error = [&](std::string text) {
    return error_of(Signal::kTraces, Encoding::kJson, span(text));
  };
  EXPECT_EQ(error(R"({"traceId":"abc"})"), at + "traceId: \"abc\", expected 32 hex digits");
  EXPECT_EQ(error(R"({"startTimeUnixNano":"-1"})"),
            at + "startTimeUnixNano: -1 is not an integer that fits");
  EXPECT_EQ(error(R"({"kind":"SERVER"})"),
            at + "kind: \"SERVER\", expected a name like SPAN_KIND_INTERNAL or its number");
  EXPECT_THAT(error(R"({"name":7})"), StartsWith(at + "name: not the expected JSON"));
  EXPECT_THAT(error_of(Signal::kTraces, Encoding::kJson, "{} {}"), HasSubstr("after the end"));
  EXPECT_THAT(error_of(Signal::kTraces, Encoding::kJson, "[]"), HasSubstr("not the expected JSON"));
  EXPECT_THAT(error_of(Signal::kTraces, Encoding::kJson, ""), HasSubstr("not the expected JSON"));
}

TEST(Otlp, JsonAcceptsWhatProto3Allows) {
  auto batch = decode_otlp(Signal::kTraces, Encoding::kJson, R"({"resource_spans":[{"resource":null,
      "later":{"x":[1,{}]},"scopeSpans":[{"spans":[{"traceId":"5B8EFFF798038103D269B633813FC60C",
      "span_id":"eee19b7ec3c1b174","kind":"SPAN_KIND_SERVER","startTimeUnixNano":1544712660000000000,
      "end_time_unix_nano":"1544712661000000000","droppedEventsCount":"2","droppedLinksCount":3e0,
      "status":{"code":2},"attributes":[{"key":"a","value":{"intValue":7}},
      {"key":"b","value":{"doubleValue":"-Infinity"}},{"key":"c","value":{"bytesValue":"_-8"}},
      {"key":"d","value":{}},{"key":"e"}]}]}]}]})");
  ASSERT_TRUE(batch) << batch.error().message;
  const model::Span& span = batch->spans[0].scopes[0].records[0];
  EXPECT_EQ(span.trace_id.hex(), "5b8efff798038103d269b633813fc60c");
  EXPECT_EQ(span.span_id.hex(), "eee19b7ec3c1b174");
  EXPECT_EQ(span.kind, model::SpanKind::kServer);
  EXPECT_EQ(span.status, model::SpanStatus::kError);
  EXPECT_EQ(span.end_ns - span.start_ns, kSecond);
  EXPECT_EQ(span.dropped_events, 2u);
  EXPECT_EQ(span.dropped_links, 3u);
  EXPECT_EQ(span.attributes, (model::Attributes{{"a", {int64_t{7}}},
                                                {"b", {-std::numeric_limits<double>::infinity()}},
                                                {"c", {model::Bytes{"\xff\xef"}}},
                                                {"d", {}},
                                                {"e", {}}}));
}

TEST(Otlp, WritesJsonAsTheSpecificationSays) {
  model::Span span;
  span.trace_id.bytes[15] = 1;
  span.start_ns = 1544712660000000000;
  span.kind = model::SpanKind::kClient;
  span.attributes = {{"n", {int64_t{-5}}}, {"d", {0.1}}, {"s", {std::string()}}};
  span.status = model::SpanStatus::kOk;
  model::Batch batch;
  batch.spans = {{{}, "", {{{}, "", {span}}}}};
  EXPECT_EQ(encode_otlp(Signal::kTraces, Encoding::kJson, batch),
            R"({"resourceSpans":[{"resource":{},"scopeSpans":[{"scope":{},"spans":[{)"
            R"("traceId":"00000000000000000000000000000001","kind":3,)"
            R"("startTimeUnixNano":"1544712660000000000","attributes":[)"
            R"({"key":"n","value":{"intValue":"-5"}},{"key":"d","value":{"doubleValue":0.1}},)"
            R"({"key":"s","value":{"stringValue":""}}],"status":{"code":1}}]}]}]})");
}

TEST(Otlp, ReadsUnpackedNumbers) {
  std::string point;
  protozero::pbf_writer writer(point);
  writer.add_fixed64(6, 1);
  writer.add_fixed64(6, 2);
  writer.add_double(7, 0.5);
  auto batch = decode_otlp(Signal::kMetrics, Encoding::kProtobuf, nest({1, 2, 2, 9, 1}, point));
  ASSERT_TRUE(batch) << batch.error().message;
  const auto& metric = batch->metrics[0].scopes[0].records[0];
  const auto& read = std::get<model::HistogramData>(metric.data).points[0];
  EXPECT_EQ(read.bucket_counts, (std::vector<uint64_t>{1, 2}));
  EXPECT_EQ(read.bounds, (std::vector<double>{0.5}));
}

TEST(Otlp, NestingIsBounded) {
  std::string value;
  std::string json = "{}";
  for (int i = 0; i < 40; i++) {
    value = nest({6, 1, 2}, value);
    json = R"({"kvlistValue":{"values":[{"key":"k","value":)" + json + "}]}}";
  }
  EXPECT_THAT(error_of(Signal::kLogs, Encoding::kProtobuf, nest({1, 2, 2, 5}, value)),
              HasSubstr("nested too deep"));
  json = R"({"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":)" + json + "}]}]}]}";
  EXPECT_THAT(error_of(Signal::kLogs, Encoding::kJson, json), HasSubstr("nested too deep"));
}

TEST(Otlp, MemoryIsBounded) {
  std::string spans;
  protozero::pbf_writer writer(spans);
  for (int i = 0; i < 1'000'000; i++) writer.add_message(2, std::string());
  EXPECT_THAT(error_of(Signal::kTraces, Encoding::kProtobuf, nest({1, 2}, spans)),
              HasSubstr("takes too much memory"));
}

TEST(Otlp, Responses) {
  EXPECT_EQ(encode_otlp_response(Signal::kLogs, Encoding::kProtobuf, {}), "");
  EXPECT_EQ(encode_otlp_response(Signal::kLogs, Encoding::kJson, {}), "{}");
  EXPECT_EQ(encode_otlp_response(Signal::kMetrics, Encoding::kJson, {3, "why"}),
            R"({"partialSuccess":{"rejectedDataPoints":"3","errorMessage":"why"}})");
  for (Signal signal : kSignals) {
    for (Encoding encoding : {Encoding::kProtobuf, Encoding::kJson}) {
      auto bytes = encode_otlp_response(signal, encoding, {3, "why"});
      auto partial = decode_otlp_response(signal, encoding, bytes);
      ASSERT_TRUE(partial);
      EXPECT_EQ(partial->rejected, 3);
      EXPECT_EQ(partial->message, "why");
    }
  }
  EXPECT_EQ(encode_rpc_status(Encoding::kJson, 3, "no"), R"({"code":3,"message":"no"})");
}

}  // namespace
}  // namespace tarsier::wire
