#include "store/wal/log.h"

#include <gtest/gtest.h>

#include "store/testing/faulty_folder.h"

namespace tarsier::store {
namespace {

using testing::FaultyDisk;

// Write words, read them back as "1:a 2:b".
class LogTest : public ::testing::Test {
 protected:
  std::string open(uint64_t after = 0) {
    std::string seen;
    log_.reset();
    folder_ = disk_.folder("log");
    auto log = Log::open(*folder_, options_, after, [&](const Record& record) -> Status {
      if (!seen.empty()) seen += " ";
      seen += std::to_string(record.sequence) + ":" + std::string(record.payload);
      return {};
    });
    if (!log) return log.error().message;
    log_ = std::move(*log);
    return seen;
  }
  Status write(std::string_view word) { return log_->commit({&word, 1}); }
  std::string segment() { return folder_->list()->back(); }
  std::string& bytes() { return disk_.bytes("log", segment()); }

  FaultyDisk disk_;
  std::unique_ptr<Folder> folder_;
  Log::Options options_;
  std::unique_ptr<Log> log_;
};

TEST_F(LogTest, Empty) {
  EXPECT_EQ(open(), "");
}

TEST_F(LogTest, WhatWasCommittedIsReplayedInOrder) {
  open();
  ASSERT_TRUE(write("a"));
  std::vector<std::string_view> group = {"b", "c"};
  ASSERT_TRUE(log_->commit(group));
  EXPECT_EQ(open(), "1:a 2:b 3:c");
  ASSERT_TRUE(write("d"));
  EXPECT_EQ(open(2), "3:c 4:d");
}

TEST_F(LogTest, CommittedSurvivesPowerLoss) {
  open();
  ASSERT_TRUE(write("a"));
  ASSERT_TRUE(write("b"));
  disk_.crash();
  EXPECT_EQ(open(), "1:a 2:b");
}

TEST_F(LogTest, TornTailIsCutOffAtEveryLength) {
  open();
  ASSERT_TRUE(write("first"));
  size_t whole = bytes().size();
  ASSERT_TRUE(write("second"));
  std::string full = bytes();
  for (size_t size = whole; size < full.size(); size++) {
    bytes() = full.substr(0, size);
    EXPECT_EQ(open(), "1:first") << size;
    EXPECT_EQ(log_->damage().torn_bytes, size - whole);
    EXPECT_EQ(bytes().size(), whole);
  }
}

TEST_F(LogTest, AFlippedBitCostsItsRecordOnly) {
  open();
  ASSERT_TRUE(write("first"));
  size_t from = bytes().size();
  ASSERT_TRUE(write("second"));
  size_t to = bytes().size();
  ASSERT_TRUE(write("third"));
  std::string full = bytes();
  for (size_t bit = from * 8; bit < to * 8; bit++) {
    bytes() = full;
    bytes()[bit / 8] = static_cast<char>(bytes()[bit / 8] ^ (1 << bit % 8));
    EXPECT_EQ(open(), "1:first 3:third") << bit;
    EXPECT_EQ(log_->damage().corrupt_bytes, to - from);
  }
}

TEST_F(LogTest, AZeroedTailIsTorn) {
  open();
  ASSERT_TRUE(write("a"));
  bytes() += std::string(4096, '\0');
  EXPECT_EQ(open(), "1:a");
}

TEST_F(LogTest, SegmentsFollowEachOtherAndAreCut) {
  options_.segment_bytes = 1;
  open();
  for (auto word : {"a", "b", "c"}) ASSERT_TRUE(write(word));
  EXPECT_EQ(folder_->list()->size(), 3u);
  ASSERT_TRUE(log_->cut(2));
  EXPECT_EQ(open(2), "3:c");
  ASSERT_TRUE(log_->cut(3));
  EXPECT_EQ(folder_->list()->size(), 0u);
  ASSERT_TRUE(write("d"));
  EXPECT_EQ(open(3), "4:d");
}

TEST_F(LogTest, CutKeepsTheSegmentBeingWritten) {
  open();
  ASSERT_TRUE(write("a"));
  ASSERT_TRUE(log_->cut(1));
  ASSERT_TRUE(write("b"));
  EXPECT_EQ(open(), "1:a 2:b");
}

TEST_F(LogTest, FullDiskRefusesThenRecovers) {
  open();
  ASSERT_TRUE(write("a"));
  disk_.room_bytes = bytes().size() + 10;
  for (int i = 0; i < 3; i++) EXPECT_EQ(write("refused").error().code, Code::kUnavailable);
  disk_.room_bytes = UINT64_MAX;
  ASSERT_TRUE(write("b"));
  disk_.crash();
  EXPECT_EQ(open(), "1:a 5:b");
}

TEST_F(LogTest, NothingIsWrittenBehindAFailedSync) {
  open();
  ASSERT_TRUE(write("a"));
  std::string first = segment();
  disk_.fault = [](const std::string& op) -> std::optional<Error> {
    if (op == "sync") return Error{Code::kIo, "lost"};
    return std::nullopt;
  };
  EXPECT_FALSE(write("lost"));
  disk_.fault = nullptr;
  ASSERT_TRUE(write("b"));
  EXPECT_NE(segment(), first);
  disk_.crash();
  EXPECT_EQ(open(), "1:a 3:b");
}

TEST_F(LogTest, AShortWriteThatCannotBeUndoneIsSteppedOver) {
  open();
  ASSERT_TRUE(write("a"));
  disk_.fault = [](const std::string& op) -> std::optional<Error> {
    if (op == "append" || op == "truncate") return Error{Code::kIo, "broken"};
    return std::nullopt;
  };
  EXPECT_FALSE(write("half"));
  disk_.fault = nullptr;
  ASSERT_TRUE(write("b"));
  EXPECT_EQ(open(), "1:a 3:b");
}

TEST_F(LogTest, AVisitorsErrorEndsTheOpen) {
  open();
  ASSERT_TRUE(write("a"));
  auto log = Log::open(*folder_, {}, 0, [](const Record&) -> Status { return corrupt("no"); });
  ASSERT_FALSE(log);
  EXPECT_NE(log.error().message.find("log segment"), std::string::npos);
}

}  // namespace
}  // namespace tarsier::store
