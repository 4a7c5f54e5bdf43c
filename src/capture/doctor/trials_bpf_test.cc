#include "capture/doctor/trials.h"

#include <bpf/bpf.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>

#include "capture/probe.h"

namespace tarsier::capture {
namespace {

size_t open_descriptors() {
  auto folder = std::filesystem::directory_iterator("/proc/self/fd");
  return static_cast<size_t>(std::distance(begin(folder), end(folder)));
}

TEST(Trials, WhatThisKernelHas) {
  EXPECT_TRUE(try_btf().works()) << try_btf().text();
  EXPECT_TRUE(try_ring(64 << 10).works());
  EXPECT_TRUE(try_raw_tracepoint("inet_sock_set_state").works());
  EXPECT_TRUE(try_iterator("task_file").works());
  EXPECT_TRUE(try_kernel_read().works());
  Trial reader = try_unprivileged_reader();
  EXPECT_TRUE(reader.works()) << reader.text();
}

TEST(Trials, WhatNoKernelHas) {
  Trial trial = try_raw_tracepoint("tarsier_saw_this");
  EXPECT_EQ(trial.error, ENOENT);
  EXPECT_EQ(trial.step, "find");
  EXPECT_FALSE(try_iterator("tarsier").works());
  EXPECT_FALSE(try_cgroup("/proc").works());
  EXPECT_FALSE(try_ring(12'345).works());
}

TEST(Trials, LeaveNothingBehind) {
  size_t before = open_descriptors();
  std::vector<Feature> features = probe_features();
  EXPECT_EQ(open_descriptors(), before);
  for (const Feature& feature : features) {
    EXPECT_TRUE(feature.works || !feature.required) << feature.name << ": " << feature.detail;
    EXPECT_TRUE(feature.works || !feature.fix.empty()) << feature.name;
  }
}

}  // namespace
}  // namespace tarsier::capture
