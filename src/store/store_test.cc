#include "store/store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::StoreFixture;

class StoreTest : public StoreFixture {};

TEST_F(StoreTest, SamplesAreVisibleOnceDurable) {
  write_sample("up{job=\"a\"}", 1, 5);
  EXPECT_EQ(select("up"), "up{job=\"a\"} 5@1\n");
}

TEST_F(StoreTest, EverythingIsThereAgainAfterReopen) {
  write_sample("up{job=\"a\"}", 1, 5);
  write_log("api", "GET / 200", 2);
  write_span("api", "GET /", 7, 1);
  reopen();
  EXPECT_EQ(select("up"), "up{job=\"a\"} 5@1\n");
  EXPECT_EQ(logs(), "GET / 200\n");
  EXPECT_EQ(trace(7), "api GET /\n");
}

TEST_F(StoreTest, TenantsDoNotSeeEachOther) {
  tenant_ = "red";
  write_sample("up", 1, 5);
  write_log("api", "hello", 1);
  tenant_ = "blue";
  EXPECT_EQ(select("up"), "");
  EXPECT_EQ(logs(), "");
}

TEST_F(StoreTest, TooManyTenantsAreRefused) {
  for (size_t i = 0; i < kTenantsMax; i++) {
    tenant_ = "t" + std::to_string(i);
    write_sample("up", 1, 5);
  }
  tenant_ = "one more";
  model::Offer offer = store_->offer(sample_batch("up", 1, 5));
  EXPECT_EQ(offer.taken, 0u);
  EXPECT_EQ(offer.refused.at(0).code, Code::kLimitExceeded);
}

TEST_F(StoreTest, WhatCannotBeKeptIsRefusedOneByOne) {
  model::Batch batch = sample_batch("up", 1, 5);
  batch.series[0].samples.push_back({now_ms() - 30LL * 24 * 3600 * 1000, 1});
  batch.series[0].samples.push_back({now_ms() + 2 * 3600 * 1000, 1});
  batch.series.push_back({{{"job", "a"}}, {{now_ms(), 1}}});
  model::Offer offer = store_->offer(std::move(batch));
  EXPECT_EQ(offer.taken, 1u);
  EXPECT_EQ(offer.refused_items(), 3u);
  EXPECT_TRUE(offer.wait());
}

TEST_F(StoreTest, ASecondOwnerIsRefusedByPid) {
  auto second = Store::open(options_, clock_);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
  EXPECT_THAT(second.error().message, HasSubstr(std::to_string(::getpid())));
}

TEST_F(StoreTest, SyncWaitsForWhatWasOffered) {
  model::Offer offer = store_->offer(sample_batch("up", 1, 5));
  ASSERT_TRUE(store_->sync());
  EXPECT_EQ(offer.durable.wait_for(std::chrono::seconds(0)), std::future_status::ready);
}

TEST_F(StoreTest, LogRecordWithoutTimeGetsThePresent) {
  model::Batch batch = log_batch("api", "timeless", 0);
  batch.logs[0].scopes[0].records[0].time_ns = 0;
  ASSERT_TRUE(store_->offer(std::move(batch)).wait());
  reopen();
  EXPECT_EQ(logs(), "timeless\n");
}

}  // namespace
}  // namespace tarsier::store
