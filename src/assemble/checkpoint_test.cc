// A worker's sudden death: what its successor goes on from, and what it says is missing.
#include "assemble/checkpoint.h"

#include <gtest/gtest.h>

#include "assemble/testing/bench.h"
#include "base/metrics.h"

namespace tarsier::assemble {
namespace {

using testing::Bench;
using testing::get;
using testing::ok;
using testing::Socket;

using Memory = std::vector<std::byte>;

std::vector<model::HistogramPoint> points(const Bench& b) {
  std::vector<model::HistogramPoint> out;
  for (const model::Metric& m : b.sink.metrics) {
    if (m.name != "http.server.request.duration") continue;
    for (const auto& p : std::get<model::HistogramData>(m.data).points) out.push_back(p);
  }
  return out;
}

double lost(const std::string& reason) {
  return metrics().value("tarsier_assemble_lost_with_worker_total", {{"reason", reason}});
}

struct CheckpointTest : ::testing::Test {
  CheckpointTest() : first(std::make_unique<Bench>(Options{.state = memory})) {
    first->host.process(7, "shop");
    in = &first->host.accept(7, 80, 40'001, "10.0.0.9");
    first->wait(5 * kSecond);
  }
  // The memory as a kill -9 leaves it now: what happens to the first worker later does not count.
  Bench& die() {
    left = memory;
    second = std::make_unique<Bench>(Options{.state = left});
    second->host.clock.advance(first->host.clock.monotonic_ns() -
                               second->host.clock.monotonic_ns());
    return *second;
  }
  Memory memory = Memory(1 << 20), left;
  std::unique_ptr<Bench> first, second;
  Socket* in;
};

TEST_F(CheckpointTest, CountersGoOnWithTheirStartTime) {
  for (int i = 0; i < 3; i++) in->receive(get("/a")).send(ok());
  first->wait(5 * kSecond);
  in->receive(get("/a")).send(ok());
  first->wait(kSecond);  // checkpointed, not sent
  Bench& b = die();
  b.host.process(7, "shop");
  b.host.accept(7, 80, 40'002, "10.0.0.9").receive(get("/a")).send(ok());
  b.wait(5 * kSecond);
  auto after = points(b);
  ASSERT_FALSE(after.empty());
  EXPECT_EQ(after.back().count, 5u);
  EXPECT_EQ(after.back().start_ns, points(*first).back().start_ns);
  for (const auto& p : after) EXPECT_GE(p.count, 3u);  // never less than what was sent, nor a zero
}

TEST_F(CheckpointTest, WhatCameAfterTheCheckpointIsCounted) {
  double measured = lost("after_checkpoint"), open = lost("open_request"),
         records = lost("record_not_durable");
  in->receive(get("/a")).send(ok());
  first->wait(kSecond);
  in->receive(get("/a")).send(ok());
  in->receive(get("/a")).send(ok());
  in->receive(get("/a"));
  Bench& b = die();
  EXPECT_EQ(lost("after_checkpoint") - measured, 2);
  EXPECT_EQ(lost("open_request") - open, 1);
  EXPECT_EQ(lost("record_not_durable") - records, 4);  // a span and a log record each
  b.host.process(7, "shop");
  b.wait(5 * kSecond);
  EXPECT_EQ(points(b).back().count, 1u);
}

TEST_F(CheckpointTest, AProcessThatEndedMeanwhileIsCounted) {
  double before = lost("series_without_process");
  in->receive(get("/a")).send(ok());
  first->wait(kSecond);
  Bench& b = die();
  b.wait(40 * kSecond);
  EXPECT_EQ(lost("series_without_process") - before, 1);
  EXPECT_TRUE(points(b).empty());
}

TEST_F(CheckpointTest, ASecondDeathBeforeAnythingHappened) {
  in->receive(get("/a")).send(ok());
  first->wait(kSecond);
  die().wait(kSecond);  // no process was heard of
  Memory again = left;
  Bench b({.state = again});
  b.host.process(7, "shop");
  b.wait(5 * kSecond);
  EXPECT_EQ(points(b).back().count, 1u);
}

TEST_F(CheckpointTest, ATornStateIsReadAsFarAsItGoes) {
  for (std::string path : {"/a", "/b", "/c"}) in->receive(get(path)).send(ok());
  first->wait(kSecond);
  Memory copy = memory;
  std::string state(Checkpoint(copy).inherited());
  for (size_t size = 0; size < state.size(); size += 7) {
    Memory torn(1 << 20);
    ASSERT_TRUE(Checkpoint(torn).save(std::string_view(state).substr(0, size)));
    Bench b({.state = torn});
    b.host.process(7, "shop");
    b.wait(5 * kSecond);
    for (const auto& p : points(b)) EXPECT_LE(p.count, 1u);
  }
}

TEST(Checkpoint, AStateThatDoesNotFitLeavesTheLastOne) {
  Memory memory(16 << 10);
  Checkpoint checkpoint(memory);
  EXPECT_TRUE(checkpoint.save("small"));
  EXPECT_FALSE(checkpoint.save(std::string(10 << 10, 'x')));
  EXPECT_EQ(Checkpoint(memory).inherited(), "small");
}

}  // namespace
}  // namespace tarsier::assemble
