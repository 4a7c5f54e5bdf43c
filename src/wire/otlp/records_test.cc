#include "wire/otlp_records.h"

#include <gtest/gtest.h>

#include "wire/testing/random_batch.h"

namespace tarsier::wire {
namespace {

const model::Resource kShop{{{"service.name", {"shop"}}}, 0, {}};
const model::Scope kScopeOfTests{"tests", "1", {}, 0};

model::Span span() {
  model::Span span;
  span.trace_id = *model::TraceId::from_hex("4bf92f3577b34da6a3ce929d0e0e4736");
  span.span_id = *model::SpanId::from_hex("00f067aa0ba902b7");
  span.parent_span_id = *model::SpanId::from_hex("1");
  span.trace_state = "a=b";
  span.name = "GET /cart";
  span.kind = model::SpanKind::kServer;
  span.start_ns = 1'700'000'000'000'000'000;
  span.end_ns = span.start_ns + 5;
  span.attributes = {
      {"http.route", {"/cart"}}, {"port", {int64_t{8080}}}, {"minus", {int64_t{-1}}}};
  span.status = model::SpanStatus::kError;
  span.status_message = "no";
  span.flags = 0x301;
  return span;
}

void write(SpanWriter& out, const model::Span& span, std::string_view route) {
  out.begin();
  out.ids(span.trace_id, span.span_id, span.parent_span_id);
  out.trace_state(span.trace_state);
  out.name({span.name.substr(0, 3), span.name.substr(3)});
  out.kind(span.kind);
  out.times(span.start_ns, span.end_ns);
  out.attribute("http.route", {route});
  out.attribute("port", 8080);
  out.attribute("minus", -1);
  out.status(span.status, span.status_message);
  out.flags(span.flags);
  out.end();
}

model::LogRecord log_record() {
  model::LogRecord log;
  log.time_ns = 1'700'000'000'000'000'000;
  log.observed_time_ns = log.time_ns + 1;
  log.severity_number = 9;
  log.severity_text = "INFO";
  log.body.data = std::string("GET /cart 200");
  log.attributes = {{"duration_ms", {1.5}}, {"size", {int64_t{0}}}, {"path", {"/cart"}}};
  log.trace_id = span().trace_id;
  log.span_id = span().span_id;
  log.flags = 1;
  return log;
}

void write(LogWriter& out, const model::LogRecord& log) {
  out.begin();
  out.times(log.time_ns, log.observed_time_ns);
  out.severity(log.severity_number, log.severity_text);
  out.body({"GET ", "/cart", " 200"});
  out.attribute("duration_ms", 1.5);
  out.attribute("size", int64_t{0});
  out.attribute("path", {"/", "cart"});
  out.ids(log.trace_id, log.span_id);
  out.flags(log.flags);
  out.end();
}

model::Encoded encoded(std::string_view records, size_t items) {
  model::Encoded out{"", items};
  append_records(kShop, kScopeOfTests, records, out.otlp);
  return out;
}

TEST(Records, SpansAreReadAsTheyWereWritten) {
  SpanWriter writer;
  model::Span longer = span();
  for (size_t size : {size_t{5}, size_t{20'000}, size_t{3'000'000}}) {
    writer.clear();
    longer.attributes[0].value.data = std::string(size, 'x');
    write(writer, longer, std::string(size, 'x'));
    write(writer, span(), "/cart");
    model::Batch batch;
    batch.encoded_spans = encoded(writer.bytes(), 2);
    EXPECT_EQ(batch.items(), 2U);
    ASSERT_TRUE(decode_records(batch));
    EXPECT_EQ(batch.encoded_spans, model::Encoded{});
    ASSERT_EQ(batch.spans.size(), 1U);
    EXPECT_EQ(batch.spans[0].resource, kShop);
    EXPECT_EQ(batch.spans[0].scopes[0].scope, kScopeOfTests);
    EXPECT_EQ(batch.spans[0].scopes[0].records, (std::vector{longer, span()}));
  }
}

TEST(Records, LogsAreReadAsTheyWereWritten) {
  LogWriter writer;
  write(writer, log_record());
  model::Batch batch;
  batch.encoded_logs = encoded(writer.bytes(), 1);
  ASSERT_TRUE(decode_records(batch));
  EXPECT_EQ(batch.logs[0].scopes[0].records, std::vector{log_record()});
}

TEST(Records, GoOutBesideDecodedOnes) {
  model::Batch batch, expected;
  batch.spans = {{kShop, "", {{kScopeOfTests, "", {span()}}}}};
  SpanWriter writer;
  write(writer, span(), "/cart");
  batch.encoded_spans = encoded(writer.bytes(), 1);
  expected.spans = {batch.spans[0], batch.spans[0]};
  for (Encoding encoding : {Encoding::kProtobuf, Encoding::kJson}) {
    auto read =
        decode_otlp(Signal::kTraces, encoding, encode_otlp(Signal::kTraces, encoding, batch));
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->spans, expected.spans);
  }
}

// What a glance tells of each record is what decoding tells.
TEST(Records, GlancesAgreeWithDecoding) {
  for (uint64_t seed = 0; seed < 50; seed++) {
    Random random(seed);
    model::Batch batch = testing::random_batch(random, {});
    std::vector<model::Resource> resources;
    std::vector<std::tuple<model::TraceId, std::string, int64_t, int64_t>> spans, expected_spans;
    std::vector<std::tuple<model::TraceId, int64_t, int64_t>> logs, expected_logs;
    for (const auto& resource : batch.spans) {
      for (const auto& scope : resource.scopes) {
        for (const auto& s : scope.records) {
          expected_spans.emplace_back(s.trace_id, s.name, s.start_ns, s.end_ns);
        }
      }
    }
    for (const auto& resource : batch.logs) {
      for (const auto& scope : resource.scopes) {
        for (const auto& l : scope.records) {
          expected_logs.emplace_back(l.trace_id, l.time_ns, l.observed_time_ns);
        }
      }
    }
    auto note = [&](const model::Resource& resource, const model::Scope&) {
      resources.push_back(resource);
    };
    ASSERT_TRUE(glance_spans(encode_otlp(Signal::kTraces, Encoding::kProtobuf, batch), note,
                             [&](const SpanGlance& s) {
                               spans.emplace_back(s.trace_id, s.name, s.start_ns, s.end_ns);
                             }));
    ASSERT_TRUE(glance_logs(
        encode_otlp(Signal::kLogs, Encoding::kProtobuf, batch), note,
        [&](const LogGlance& l) { logs.emplace_back(l.trace_id, l.time_ns, l.observed_ns); }));
    EXPECT_EQ(spans, expected_spans);
    EXPECT_EQ(logs, expected_logs);
    size_t scopes = 0;
    auto count = [&](const auto& of) {
      for (const auto& resource : of) {
        for (const auto& scope : resource.scopes) scopes += !scope.records.empty();
      }
    };
    count(batch.spans);
    count(batch.logs);
    EXPECT_EQ(resources.size(), scopes);
  }
}

TEST(Records, GlancesRefuseWhatIsNotProtobuf) {
  auto nothing = [](const auto&...) {};
  EXPECT_FALSE(glance_spans("\x0a\x05\x01", nothing, nothing));
  EXPECT_FALSE(glance_logs("\x0a\x02\x12\x09", nothing, nothing));
}

}  // namespace
}  // namespace tarsier::wire
