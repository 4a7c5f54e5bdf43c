// kill -9 at random moments: what was acknowledged is there, and so is whatever a query returned.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <thread>

#include "base/random.h"
#include "store/testing/fixture.h"

namespace tarsier::store {
namespace {

// What the child has told through the pipe: 'a' n, n was acknowledged; 's' n, a query showed n.
struct Message {
  char kind;
  int n;
};

class KillTest : public testing::StoreFixture {
 protected:
  void SetUp() override {
    options_.folder = folder_.path();
    options_.commit_interval = std::chrono::milliseconds(1);
    options_.snapshot_log_bytes = 20'000;
  }

  double newest() const {
    double newest = 0;
    MetricsSelect wanted;
    wanted.matchers = {{MatchKind::kEqual, "__name__", "n"}};
    (void)store_->metrics().select(wanted, [&](const SeriesView& view) -> Status {
      newest = view.samples.back().value;
      return {};
    });
    return newest;
  }

  model::Batch numbered(int n) {
    model::Batch batch = sample_batch("n", n * 0.001, n);
    batch.logs = log_batch("api", std::to_string(n), n * 0.001).logs;
    return batch;
  }

  // Writes from two threads as fast as it can, while a third looks and a fourth maintains.
  [[noreturn]] void child(int pipe, int first) {
    reopen();
    auto tell = [&](char kind, int n) {
      Message message{kind, n};
      if (::write(pipe, &message, sizeof message) < 0) ::_exit(1);
    };
    std::thread([&] {
      while (true) tell('s', static_cast<int>(newest()));
    }).detach();
    std::thread([&] {
      while (true) (void)store_->maintain();
    }).detach();
    for (int n = first;; n++) {
      model::Offer offer = store_->offer(numbered(n));
      if (n % 3 == 0 && offer.wait()) tell('a', n);
    }
  }
};

TEST_F(KillTest, WhatWasAcknowledgedOrSeenIsThere) {
  Random random(::getpid());
  int first = 1, acknowledged = 0, seen = 0;
  for (int round = 0; round < 8; round++) {
    int pipes[2];
    ASSERT_EQ(::pipe(pipes), 0);
    pid_t pid = ::fork();
    if (pid == 0) child(pipes[1], first);
    ::close(pipes[1]);
    std::thread killer([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(100 + random.next() % 200));
      ::kill(pid, SIGKILL);
    });
    Message message;
    while (::read(pipes[0], &message, sizeof message) == sizeof message) {
      int& which = message.kind == 'a' ? acknowledged : seen;
      which = std::max(which, message.n);
    }
    killer.join();
    ::waitpid(pid, nullptr, 0);
    ::close(pipes[0]);

    reopen();
    int kept = static_cast<int>(newest());
    EXPECT_GE(kept, acknowledged);
    EXPECT_GE(kept, seen);
    std::vector<bool> lines(static_cast<size_t>(kept) + 1);
    ASSERT_TRUE(store_->events().logs({}, [&](const LogRow& row) -> Status {
      lines.at(std::stoul(std::string(row.line))) = true;
      return {};
    }));
    for (int n = 1; n <= kept; n++) EXPECT_TRUE(lines[static_cast<size_t>(n)]) << n;
    first = kept + 1;
    store_.reset();
  }
  EXPECT_GT(acknowledged, 50);
  EXPECT_GT(seen, 0);
}

}  // namespace
}  // namespace tarsier::store
