#include <gtest/gtest.h>

#include <cmath>

#include "model/batch.h"

namespace tarsier::model {
namespace {

TEST(Id, Hex) {
  EXPECT_EQ(SpanId::from_hex("0Af")->hex(), "00000000000000af");
  EXPECT_FALSE(SpanId::from_hex("xyz"));
  EXPECT_FALSE(SpanId::from_hex("00112233445566778"));
  EXPECT_FALSE(TraceId::from_bytes("short"));
  EXPECT_TRUE(TraceId::from_bytes("")->empty());
}

TEST(Value, AsString) {
  auto f = [](Value v, std::string expected) { EXPECT_EQ(to_string(v), expected); };
  f({std::string("a")}, "a");
  f({int64_t{-3}}, "-3");
  f({1.5}, "1.5");
  f({true}, "true");
  f({Bytes{"hi"}}, "aGk=");
  f({Array{{{int64_t{1}}, {std::string("x\"")}}}}, "[1,\"x\\\"\"]");
  f({KeyValueList{{{"k", {false}}, {"n", {}}}}}, "{\"k\":false,\"n\":null}");
}

TEST(Value, NanEqualsItself) {
  EXPECT_EQ(Value{std::nan("")}, Value{std::nan("")});
  EXPECT_NE(Value{0.0}, Value{-0.0});
}

TEST(Labels, Normalise) {
  Labels labels = {{"b", "2"}, {"a", "1"}, {"c", ""}, {"a", "other"}};
  normalise(labels);
  EXPECT_EQ(to_string(labels), "{a=\"1\", b=\"2\"}");
}

TEST(Batch, CountsItems) {
  Batch batch;
  batch.spans.push_back({{}, "", {{{}, "", {Span{}, Span{}}}}});
  Metric metric;
  metric.data = SumData{{NumberPoint{}, NumberPoint{}, NumberPoint{}}, Temporality::kDelta, true};
  batch.metrics.push_back({{}, "", {{{}, "", {metric}}}});
  EXPECT_EQ(batch.items(), 5u);
}

}  // namespace
}  // namespace tarsier::model
