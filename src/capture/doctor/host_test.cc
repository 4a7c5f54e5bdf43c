#include "capture/doctor/host.h"

#include <gmock/gmock.h>

namespace tarsier::capture {
namespace {

TEST(Host, MissingCapabilities) {
  EXPECT_THAT(missing_capabilities("Name:\tx\nCapEff:\t000001ffffffffff\n"), testing::IsEmpty());
  EXPECT_THAT(missing_capabilities("CapEff:\t000001bfffffffff\n"),
              testing::ElementsAre("CAP_PERFMON"));  // bit 38
  EXPECT_EQ(missing_capabilities("").size(), missing_capabilities("CapEff:\t0\n").size());
  EXPECT_THAT(missing_capabilities(""), testing::Contains("CAP_BPF"));
}

TEST(Host, Mounted) {
  std::string_view text = "none /a tmpfs rw 0 0\nnone /b cgroup2 rw 0 0\nnone /c cgroup2 rw 0 0\n";
  EXPECT_EQ(mounted(text, "cgroup2"), "/b");
  EXPECT_EQ(mounted(text, "tracefs"), "");
  EXPECT_EQ(mounted("x\n\nnone", "cgroup2"), "");
}

TEST(Host, Lockdown) {
  EXPECT_EQ(parse_lockdown("none [integrity] confidentiality\n"), "integrity");
  EXPECT_EQ(parse_lockdown("]["), "");
  EXPECT_EQ(parse_lockdown(""), "");
}

}  // namespace
}  // namespace tarsier::capture
