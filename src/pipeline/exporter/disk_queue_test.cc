#include "pipeline/exporter/disk_queue.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <set>

namespace tarsier::pipeline {
namespace {

using namespace std::chrono_literals;

class DiskQueueTest : public ::testing::Test {
 protected:
  DiskQueueTest() {
    char name[] = "/tmp/tarsier_queue_XXXXXX";
    folder_ = ::mkdtemp(name);
  }
  ~DiskQueueTest() override { std::filesystem::remove_all(folder_); }

  std::unique_ptr<DiskQueue> open(uint64_t bytes_max = 1 << 30) {
    auto queue = DiskQueue::open({.folder = folder_, .bytes_max = bytes_max});
    EXPECT_TRUE(queue) << queue.error().message;
    return std::move(*queue);
  }
  static void push(DiskQueue& queue, std::string payload, uint32_t items = 1) {
    auto durable = queue.push(std::move(payload), items);
    ASSERT_TRUE(durable) << durable.error().message;
    ASSERT_TRUE(durable->get());
  }
  static std::string take(DiskQueue& queue) {
    auto record = queue.front(1s);
    if (!record) return "nothing";
    queue.pop();
    return record->payload;
  }
  std::vector<std::filesystem::path> segments() {
    std::vector<std::filesystem::path> out;
    for (const auto& entry : std::filesystem::directory_iterator(folder_)) {
      if (Segment::number_of(entry.path())) out.push_back(entry.path());
    }
    std::sort(out.begin(), out.end());
    return out;
  }
  static double dropped(const char* reason) {
    return metrics().value("tarsier_exporter_dropped_items_total", {{"reason", reason}});
  }

  std::filesystem::path folder_;
};

TEST_F(DiskQueueTest, FirstInFirstOut) {
  auto queue = open();
  push(*queue, "a", 2);
  push(*queue, "", 3);
  EXPECT_EQ(queue->held_items(), 5u);
  EXPECT_EQ(queue->front(0s)->payload, "a");
  EXPECT_EQ(queue->front(0s)->payload, "a") << "until it is popped";
  queue->pop();
  EXPECT_EQ(take(*queue), "");
  EXPECT_FALSE(queue->front(0s));
  EXPECT_TRUE(queue->wait_empty(0s));
}

TEST_F(DiskQueueTest, ResumesBehindWhatWasPopped) {
  {
    auto queue = open();
    for (const char* payload : {"a", "b", "c"}) push(*queue, payload);
    EXPECT_EQ(take(*queue), "a");
    EXPECT_EQ(queue->front(0s)->payload, "b") << "taken, but not popped";
  }
  auto queue = open();
  EXPECT_EQ(queue->held_items(), 2u);
  EXPECT_EQ(take(*queue), "b");
  push(*queue, "d");
  EXPECT_EQ(take(*queue), "c");
  EXPECT_EQ(take(*queue), "d");
}

TEST_F(DiskQueueTest, RemovesSegmentsThatWereRead) {
  auto queue = open(4 << 20);
  for (int i = 0; i < 5; i++) push(*queue, std::string(300'000, 'x'));
  EXPECT_EQ(segments().size(), 5u);
  for (int i = 0; i < 5; i++) take(*queue);
  EXPECT_EQ(segments().size(), 0u);
  EXPECT_EQ(queue->held_bytes(), 0u);
}

TEST_F(DiskQueueTest, TheOldestMakesRoom) {
  double before = dropped("queue_full");
  auto queue = open(1 << 20);
  for (int i = 0; i < 40; i++) push(*queue, std::to_string(i) + std::string(50'000, 'x'));
  EXPECT_LE(queue->held_bytes(), 1u << 20);
  EXPECT_EQ(dropped("queue_full") - before + static_cast<double>(queue->held_items()), 40);
  EXPECT_GT(queue->held_items(), 15u);
  std::string first = take(*queue);
  EXPECT_EQ(std::stoul(first), 40 - queue->held_items() - 1);
}

TEST_F(DiskQueueTest, WhatIsBeingSentMayHaveToMakeRoom) {
  double before = dropped("queue_full");
  auto queue = open(1 << 20);
  push(*queue, "first");
  ASSERT_TRUE(queue->front(0s));
  EXPECT_FALSE(queue->front_was_dropped());
  for (int i = 0; i < 40; i++) push(*queue, std::string(50'000, 'x'));
  EXPECT_TRUE(queue->front_was_dropped());
  EXPECT_FALSE(queue->front_was_dropped()) << "counted once";
  EXPECT_EQ(dropped("queue_full") - before + static_cast<double>(queue->held_items()), 41);
}

TEST_F(DiskQueueTest, RefusesWhatCanNeverFit) {
  auto queue = open(1000);
  EXPECT_EQ(queue->push(std::string(1000, 'x'), 1).error().code, Code::kLimitExceeded);
}

TEST_F(DiskQueueTest, HasOneOwner) {
  auto queue = open();
  auto second = DiskQueue::open({.folder = folder_});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().code, Code::kConflict);
}

// Whatever happens to the end of the file: the records before stay, and the queue goes on.
TEST_F(DiskQueueTest, TornEndAtEveryByte) {
  {
    auto queue = open();
    push(*queue, "first");
    push(*queue, "second");
  }
  const auto file = segments().at(0);
  std::string whole(std::filesystem::file_size(file), '\0');
  std::ifstream(file, std::ios::binary).read(whole.data(), static_cast<long>(whole.size()));
  const size_t second = whole.size() - Segment::kRecordHeaderBytes - 6;
  for (size_t size = 0; size <= whole.size(); size++) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    std::ofstream(file, std::ios::binary).write(whole.data(), static_cast<long>(size));
    auto queue = open();
    push(*queue, "third");
    if (size >= second) EXPECT_EQ(take(*queue), "first");
    if (size == whole.size()) EXPECT_EQ(take(*queue), "second");
    EXPECT_EQ(take(*queue), "third") << size;
  }
}

TEST_F(DiskQueueTest, DamagedByteIsNoticed) {
  {
    auto queue = open();
    push(*queue, "first");
    push(*queue, "second");
  }
  {
    std::fstream file(segments().at(0), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end);
    file.put('?');
  }
  auto queue = open();
  EXPECT_EQ(take(*queue), "first");
  EXPECT_FALSE(queue->front(0s));
}

TEST_F(DiskQueueTest, DamageWhileRunningLosesOnlyTheSegment) {
  double before = dropped("corrupt");
  auto queue = open(1 << 20);
  push(*queue, std::string(70'000, 'x'), 3);
  push(*queue, "second");
  {
    std::fstream file(segments().at(0), std::ios::binary | std::ios::in | std::ios::out);
    file.seekp(-1, std::ios::end);
    file.put('?');
  }
  EXPECT_FALSE(queue->front(0s));
  EXPECT_EQ(dropped("corrupt") - before, 3);
  EXPECT_EQ(take(*queue), "second");
}

// A child pushes and pops as fast as it can and is killed; what it saw become durable and did not
// pop is there.
TEST_F(DiskQueueTest, SurvivesKill) {
  std::set<int> durable, popped;
  for (int round = 0; round < 5; round++) {
    int report[2];
    ASSERT_EQ(::pipe(report), 0);
    pid_t child = ::fork();
    if (child == 0) {
      auto queue = DiskQueue::open({.folder = folder_});
      for (int i = round * 1'000'000; queue; i++) {
        auto future = (*queue)->push(std::to_string(i) + std::string(3000, 'x'), 1);
        if (future && future->get() && ::write(report[1], &i, sizeof i) < 0) break;
        if (i % 3 > 0) continue;
        int done = std::stoi((*queue)->front(1s)->payload);
        (*queue)->pop();
        done = -done - 1;
        if (::write(report[1], &done, sizeof done) < 0) break;
      }
      ::_exit(1);
    }
    ::close(report[1]);
    int reports = 0, status = 0;
    for (int i = 0; ::read(report[0], &i, sizeof i) == sizeof i; reports++) {
      (i < 0 ? popped : durable).insert(i < 0 ? -i - 1 : i);
      if (reports == 25 + 7 * round) ::kill(child, SIGKILL);
    }
    ::waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    ::close(report[0]);
  }
  ASSERT_GT(durable.size(), 50u);
  std::set<int> found;
  int last = -1;
  auto queue = open();
  while (queue->held_items() > 0) {
    int i = std::stoi(take(*queue));
    EXPECT_GT(i, last) << "in order";
    found.insert(last = i);
  }
  std::vector<int> missing;
  for (int i : durable) {
    if (!found.contains(i) && !popped.contains(i)) missing.push_back(i);
  }
  EXPECT_LE(missing.size(), 5u) << "a round's last pop may have happened without a report";
  for (int i : missing) EXPECT_LT(i, *found.begin()) << "only what was in front can be popped";
  for (int i : popped) EXPECT_FALSE(found.contains(i)) << i << " came back";
}

}  // namespace
}  // namespace tarsier::pipeline
