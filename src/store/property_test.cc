// In -> store -> out is equal, for everything that OTLP can carry, in every state of the store.
#include <gtest/gtest.h>

#include <algorithm>

#include "store/testing/fixture.h"
#include "wire/otlp.h"
#include "wire/testing/random_batch.h"

namespace tarsier::store {
namespace {

using model::Batch;

// Every record with who sent it, as bytes, sorted: what is equal whatever the grouping.
template <typename Record>
void add(std::vector<std::string>& out, wire::Signal signal,
         const std::vector<model::Resourced<Record>>& resources,
         std::vector<model::Resourced<Record>> Batch::* part) {
  for (const auto& resource : resources) {
    for (const auto& scope : resource.scopes) {
      for (const Record& record : scope.records) {
        Batch one;
        one.*part = {
            {resource.resource, resource.schema_url, {{scope.scope, scope.schema_url, {record}}}}};
        out.push_back(wire::encode_otlp(signal, wire::Encoding::kProtobuf, one));
      }
    }
  }
}

// Metrics are compared point by point.
std::vector<model::ResourceMetrics> single_points(const std::vector<model::ResourceMetrics>& in) {
  std::vector<model::ResourceMetrics> out = in;
  for (auto& resource : out) {
    for (auto& scope : resource.scopes) {
      std::vector<model::Metric> metrics;
      for (const model::Metric& metric : scope.records) {
        for (size_t i = 0; i < metric.points(); i++) {
          model::Metric one = metric;
          std::visit(
              [&](auto& data) {
                if constexpr (!std::is_same_v<std::decay_t<decltype(data)>, std::monostate>) {
                  auto point = data.points[i];
                  data.points = {point};
                }
              },
              one.data);
          metrics.push_back(std::move(one));
        }
      }
      scope.records = std::move(metrics);
    }
  }
  return out;
}

std::vector<std::string> records(const Batch& batch) {
  std::vector<std::string> out;
  add(out, wire::Signal::kTraces, batch.spans, &Batch::spans);
  add(out, wire::Signal::kLogs, batch.logs, &Batch::logs);
  add(out, wire::Signal::kMetrics, single_points(batch.metrics), &Batch::metrics);
  return out;
}

class PropertyTest : public testing::StoreFixture {
 protected:
  std::vector<std::string> stored() {
    std::vector<std::string> out;
    auto collect = [&](Batch&& batch) -> Status {
      auto more = records(batch);
      out.insert(out.end(), more.begin(), more.end());
      return {};
    };
    EXPECT_TRUE(store_->metrics().export_otlp(tenant_, {}, collect));
    EXPECT_TRUE(store_->events().export_otlp(tenant_, {}, collect));
    std::sort(out.begin(), out.end());
    return out;
  }
};

TEST_F(PropertyTest, WhatComesInGoesOut) {
  options_.snapshot_log_bytes = 1;
  reopen();
  Random random(20240601);
  wire::testing::RandomBatchOptions shape;
  shape.extremes = false;
  shape.nan_payloads = true;
  shape.time_ns = start_ns_;
  shape.range_ns = 10 * kMinute;
  std::vector<std::string> expected;
  size_t taken = 0;
  for (int round = 0; round < 60; round++) {
    Batch batch = wire::testing::random_batch(random, shape);
    batch.tenant = tenant_;
    for (auto& resource : batch.logs) {
      for (auto& scope : resource.scopes) {
        for (auto& record : scope.records) record.time_ns = std::max(record.time_ns, start_ns_);
      }
    }
    for (auto& series : batch.series) series.labels.push_back({"__name__", "m"});
    auto more = records(batch);
    expected.insert(expected.end(), more.begin(), more.end());
    model::Offer offer = store_->offer(std::move(batch));
    ASSERT_EQ(offer.refused_items(), 0u) << offer.refused[0].reason;
    ASSERT_TRUE(offer.wait());
    taken += offer.taken;
    if (round == 20) reopen();
    if (round == 40) ASSERT_TRUE(store_->maintain());
  }
  std::sort(expected.begin(), expected.end());
  EXPECT_GT(taken, 1000u);
  EXPECT_EQ(stored(), expected);
  reopen();  // parts and log
  EXPECT_EQ(stored(), expected);
  ASSERT_TRUE(store_->maintain());
  reopen();  // parts only
  EXPECT_EQ(stored(), expected);
}

TEST_F(PropertyTest, NothingWildBreaksIt) {
  options_.snapshot_log_bytes = 1;
  options_.retention_ns = INT64_MAX;
  reopen();
  Random random(7);
  wire::testing::RandomBatchOptions shape;
  shape.nan_payloads = true;
  shape.time_ns = start_ns_;
  for (int round = 0; round < 100; round++) {
    Batch batch = wire::testing::random_batch(random, shape);
    batch.tenant = tenant_;
    size_t items = batch.items();
    model::Offer offer = store_->offer(std::move(batch));
    EXPECT_EQ(offer.taken + offer.refused_items(), items);
    ASSERT_TRUE(offer.wait());
    if (round % 20 == 19) ASSERT_TRUE(store_->maintain());
  }
  std::string series = select(".*"), lines = logs();
  EXPECT_NE(series, "");
  size_t traces = 0;
  ASSERT_TRUE(store_->events().traces({.tenant = tenant_, .range = {INT64_MIN, INT64_MAX}},
                                      [&](const TraceView& view) -> Status {
                                        traces += !view.spans.empty();
                                        return {};
                                      }));
  EXPECT_GT(traces, 10u);
  reopen();
  EXPECT_EQ(select(".*"), series);
  EXPECT_EQ(logs(), lines);
}

}  // namespace
}  // namespace tarsier::store
