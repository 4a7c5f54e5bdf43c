// Snapshots, retention, and power loss at every step of both.
#include "store/parts/parts.h"

#include <gtest/gtest.h>

#include <thread>

#include "store/store.h"
#include "store/testing/faulty_folder.h"
#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

using testing::FaultyDisk;

class PartsTest : public testing::StoreFixture {
 protected:
  void SetUp() override {
    options_.commit_interval = std::chrono::milliseconds(0);
    options_.snapshot_log_bytes = 1;  // every maintain() makes a part
    open();
  }

  void open() {
    store_.reset();
    auto store = open_store({nullptr, disk_.folder("log"), disk_.folder("parts"), nullptr},
                            options_, clock_);
    ASSERT_TRUE(store) << store.error().message;
    store_ = std::move(*store);
  }
  size_t files(const std::string& folder) { return disk_.folder(folder)->list()->size(); }

  // Everything, as text.
  std::string all() {
    std::string out = select(".+") + logs();
    for (uint8_t t = 0; t < 10; t++) {
      if (store_->events().trace(tenant_, trace_id(t), [](const auto&) -> Status { return {}; })) {
        out += trace(t);
      }
    }
    return out;
  }

  void write_some(uint8_t n) {
    write_sample("up{job=\"a\"}", n, n);
    write_log("api", "line " + std::to_string(n), n);
    write_span("api", "op " + std::to_string(n), n, 1, n);
  }

  FaultyDisk disk_;
};

TEST_F(PartsTest, ASnapshotCutsTheLogAndKeepsEverything) {
  write_some(1);
  write_sample("up{job=\"a\"}", 0.5, 9);  // late
  std::string before = all();
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(all(), before);
  EXPECT_EQ(files("parts"), 1u);
  EXPECT_EQ(files("log"), 0u);
  open();
  EXPECT_EQ(all(), before);
}

TEST_F(PartsTest, LifeGoesOnAfterASnapshot) {
  for (uint8_t n = 1; n < 6; n++) {
    write_some(n);
    ASSERT_TRUE(store_->maintain());
    if (n % 2) open();
  }
  write_some(6);
  EXPECT_EQ(select("up"), "up{job=\"a\"} 1@1 2@2 3@3 4@4 5@5 6@6\n");
  EXPECT_EQ(logs(), "line 6\nline 5\nline 4\nline 3\nline 2\nline 1\n");
  std::string before = all();
  open();
  EXPECT_EQ(all(), before);
}

TEST_F(PartsTest, ALateSampleWinsOverTheOneInAPart) {
  write_sample("up", 1, 5);
  write_sample("up", 2, 6);
  ASSERT_TRUE(store_->maintain());
  write_sample("up", 1, 7);
  ASSERT_TRUE(store_->maintain());
  open();
  EXPECT_EQ(select("up"), "up 7@1 6@2\n");
}

TEST_F(PartsTest, PowerLossAtAnyStepLosesNothingAcknowledged) {
  size_t steps = 0;
  for (size_t step = 1; step <= steps + 1; step++) {
    for (double keep : {0.0, 0.7}) {
      store_.reset();
      disk_.wipe();
      open();
      write_some(1);
      ASSERT_TRUE(store_->maintain());
      write_some(2);
      std::string acknowledged = all();
      disk_.operations = 0;
      disk_.die_at(step);
      (void)store_->maintain();  // part, log cut
      (void)store_->offer(sample_batch("more", 3, 3)).wait();
      steps = std::max(steps, disk_.operations);
      disk_.die_at(0);
      store_.reset();
      disk_.crash(keep);
      open();
      std::string found = all();
      for (const auto& line : {"op 1", "op 2", "line 1", "line 2"}) {
        EXPECT_NE(found.find(line), std::string::npos) << step;
      }
      EXPECT_EQ(select("up"), "up{job=\"a\"} 1@1 2@2\n") << step;
    }
  }
  EXPECT_GT(steps, 8u);
}

TEST_F(PartsTest, ADamagedPartIsSetAside) {
  write_some(1);
  ASSERT_TRUE(store_->maintain());
  write_some(2);
  ASSERT_TRUE(store_->maintain());
  store_.reset();
  std::string first = disk_.folder("parts")->list()->front();
  std::string& bytes = disk_.bytes("parts", first);
  bytes[bytes.size() - 20] ^= 1;
  open();
  EXPECT_EQ(select("up"), "up{job=\"a\"} 2@2\n");
  EXPECT_EQ(disk_.folder("parts")->list()->front(), first + ".corrupt");
}

TEST_F(PartsTest, ADamagedPayloadIsAnErrorNotAnAnswer) {
  write_sample("up", 1, 5);
  write_span("api", "GET /", 7, 1);
  ASSERT_TRUE(store_->maintain());
  store_.reset();
  std::string& bytes = disk_.bytes("parts", disk_.folder("parts")->list()->front());
  size_t chunk = 8, block = chunk + 16;  // the head, then a chunk of one sample
  bytes[chunk] ^= 1;
  bytes[block] ^= 1;
  open();
  EXPECT_NE(select("up").find("crc"), std::string::npos);
  EXPECT_NE(trace(7).find("crc"), std::string::npos);
}

TEST_F(PartsTest, SyncSaysWhenSomethingIsNotDurable) {
  disk_.room_bytes = 0;
  EXPECT_FALSE(store_->offer(sample_batch("up", 1, 5)).wait());
  EXPECT_EQ(store_->sync().error().code, Code::kUnavailable);
  model::Offer refused = store_->offer(sample_batch("up", 1, 5));
  EXPECT_EQ(refused.refused.at(0).code, Code::kUnavailable);
  EXPECT_TRUE(refused.retry_after);
  EXPECT_EQ(select("up"), "");
  disk_.room_bytes = UINT64_MAX;
  std::this_thread::sleep_for(*refused.retry_after);
  write_sample("up", 1, 5);
  EXPECT_TRUE(store_->sync());
}

TEST_F(PartsTest, AFullDiskMakesNoPartAndLosesNothing) {
  write_some(1);
  std::string before = all();
  disk_.room_bytes = 0;
  EXPECT_EQ(store_->maintain().error().code, Code::kUnavailable);
  EXPECT_EQ(all(), before);
  disk_.room_bytes = UINT64_MAX;
  clock_.advance(2 * kMinute);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(files("parts"), 1u);
  open();
  EXPECT_EQ(all(), before);
}

TEST_F(PartsTest, AgeDropsWhatIsOld) {
  write_some(1);
  ASSERT_TRUE(store_->maintain());
  clock_.advance(options_.retention_ns - 10 * kMinute);
  write_sample("up{job=\"a\"}", static_cast<double>(clock_.now_ns() - start_ns_) / kSecond, 1);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(files("parts"), 2u);
  clock_.advance(5 * kMinute);
  ASSERT_TRUE(store_->maintain());
  EXPECT_EQ(logs(), "");
  EXPECT_EQ(files("parts"), 1u);
  open();
  EXPECT_EQ(logs(), "");
  EXPECT_NE(select("up"), "");
}

TEST_F(PartsTest, BytesDropTheOldestPart) {
  options_.retention_bytes = 20'000;
  open();
  for (uint8_t n = 0; n < 200; n++) {
    write_some(n % 9 + 1);
    write_sample("m" + std::to_string(n), 1, 1);
    ASSERT_TRUE(store_->maintain());
  }
  EXPECT_LT(files("parts"), 30u);
  EXPECT_EQ(select("m1"), "");
  EXPECT_EQ(select("m199"), "m199 1@1\n");
  std::string before = all();
  open();
  EXPECT_EQ(all(), before);
}

}  // namespace
}  // namespace tarsier::store
