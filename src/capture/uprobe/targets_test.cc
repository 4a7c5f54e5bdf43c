// With the files that are there: this system's OpenSSL, and what the Go tool chain is built of.
#include "capture/uprobe/targets.h"

#include <fcntl.h>
#include <gtest/gtest.h>

#include <bit>

#include "base/fd.h"
#include "capture/bpf/shared.h"
#include "capture/uprobe/tls_files.h"

namespace tarsier::capture::uprobe {
namespace {

TEST(FindTargets, InThisSystemsOpenSsl) {
  Fd library(::open("/usr/lib/x86_64-linux-gnu/libssl.so.3", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(library) << "tarsier is built with it";
  FdSource source(library.get());
  auto file = ElfFile::open(source);
  ASSERT_TRUE(file);
  std::vector<Target> targets = find_targets(*file);
  int directions[2] = {0, 0};
  for (const Target& target : targets) {
    auto probe = std::bit_cast<ts_ssl_probe>(target.cookie);
    EXPECT_EQ(target.hook, Hook::kSsl);
    EXPECT_TRUE(target.cheap);
    EXPECT_GT(probe.random, 0);
    EXPECT_GT(probe.server, 0);
    directions[probe.direction & 1]++;
  }
  EXPECT_GE(directions[TS_RECEIVE], 1);
  EXPECT_GE(directions[TS_SEND], 1);
}

TEST(FindTargets, NothingInAnotherLibrary) {
  Fd library(::open("/lib/x86_64-linux-gnu/libc.so.6", O_RDONLY | O_CLOEXEC));
  ASSERT_TRUE(library);
  FdSource source(library.get());
  auto file = ElfFile::open(source);
  ASSERT_TRUE(file);
  EXPECT_TRUE(find_targets(*file).empty());
}

TEST(ExecutableMappings, EachFileOnce) {
  auto got = executable_mappings(
      "00400000-00401000 r--p 00000000 fe:01 12 /usr/bin/x\n"
      "00401000-00500000 r-xp 00001000 fe:01 12 /usr/bin/x\n"
      "00600000-00700000 r-xp 00001000 fe:01 12 /usr/bin/x\n"
      "7f1234560000-7f1234570000 r-xp 00000000 00:2a 77 /lib/a name (deleted)\n"
      "7f1234570000-7f1234580000 r-xp 00000000 00:00 0 [vdso]\n"
      "7f1234580000-7f1234590000 rwxp 00000000 00:00 0 \n"
      "\ngarbage\n- - - - -");
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[0].range, "401000-500000");
  EXPECT_EQ(got[0].inode, 12u);
  EXPECT_EQ(got[1].path, "/lib/a name (deleted)");
  EXPECT_NE(got[0].device, got[1].device);
}

}  // namespace
}  // namespace tarsier::capture::uprobe
