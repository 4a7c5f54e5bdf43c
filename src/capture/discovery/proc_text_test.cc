#include "capture/discovery/proc_text.h"

#include <gmock/gmock.h>

#include "capture/discovery/json_name.h"

namespace tarsier::capture {
namespace {

using testing::ElementsAre;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string kId(64, 'b');

TEST(Stat, TheNameMayHoldAnything) {
  auto stat =
      parse_stat("7 (a ) S 9 (x) R 3 7 7 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 4242 5 6 7 8 9 77 0\n");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->state, 'R');
  EXPECT_EQ(stat->parent, 3u);
  EXPECT_EQ(stat->start_time, 4242u);
  EXPECT_EQ(stat->stack_start, 77u);
  EXPECT_FALSE(parse_stat("7 (a) R 3"));
  EXPECT_FALSE(parse_stat(""));
}

TEST(Listening, OnlyListeningSockets) {
  PortsByInode out;
  parse_listening(
      "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"
      "   0: 00000000:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 "
      "12 1 0000000000000000 100 0 0 10 0\n"
      "   1: 0100007F:1F91 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 "
      "13 1 0000000000000000 100 0 0 10 0\n"
      "  10: 00000000000000000000000001000000:0050 00000000000000000000000000000000:0000 0A "
      "00000000:00000000 00:00000000 00000000     0        0 14 1\n"
      "garbage\n",
      out);
  EXPECT_THAT(out, UnorderedElementsAre(Pair(12, 8080), Pair(14, 80)));
}

TEST(Bracketed, Inodes) {
  EXPECT_EQ(parse_bracketed("socket:[12]", "socket:["), 12u);
  EXPECT_FALSE(parse_bracketed("pipe:[12]", "socket:["));
  EXPECT_FALSE(parse_bracketed("socket:[]", "socket:["));
}

TEST(Environment, Variables) {
  std::string text("A=1\0AB=2=3\0C\0", 13);
  auto words = split_nul(text, 10);
  EXPECT_THAT(words, ElementsAre("A=1", "AB=2=3", "C"));
  EXPECT_EQ(variable(words, "AB"), "2=3");
  EXPECT_FALSE(variable(words, "C"));
  EXPECT_EQ(split_nul(text, 1).size(), 1u);
}

TEST(ResourceAttributes, PercentEncodedPairs) {
  auto out = parse_resource_attributes("a=1, b = x%20y ,bad,=no,c=%zz,d=%4,e=50%,a=2");
  ASSERT_EQ(out.size(), 5u);
  EXPECT_EQ(model::find_string(out, "a"), "2");
  EXPECT_EQ(model::find_string(out, "b"), "x y");
  EXPECT_EQ(model::find_string(out, "c"), "%zz");
  EXPECT_EQ(model::find_string(out, "d"), "%4");
  EXPECT_EQ(model::find_string(out, "e"), "50%");
}

TEST(Container, EachRuntimeInEachVersionOfCgroup) {
  for (std::string path : {
           "12:memory:/docker/" + kId,
           "0::/system.slice/docker-" + kId + ".scope",
           "0::/../../docker-" + kId + ".scope",
           "11:cpu:/kubepods/besteffort/pod5e0a/" + kId,
           "0::/kubepods.slice/kubepods-pod1.slice/cri-containerd-" + kId + ".scope",
           "1:name=systemd:/kubepods-pod1.slice:cri-containerd:" + kId,
           "0::/kubepods.slice/crio-" + kId + ".scope",
           "0::/machine.slice/libpod-" + kId + ".scope/container",
           "0::/user.slice/user-1.slice/user.slice/libpod-" + kId + ".scope",
           "9:pids:/ecs/55091c13/" + kId,
       }) {
    EXPECT_EQ(container_id("13:x:/\n" + path + "\n", ""), kId) << path;
  }
}

TEST(Container, EcsTasksHaveAnotherForm) {
  std::string id = std::string(32, 'c') + "-1234567890";
  EXPECT_EQ(container_id("9:pids:/ecs/" + std::string(32, 'd') + "/" + id + "\n", ""), id);
}

TEST(Container, WhatIsNone) {
  EXPECT_EQ(container_id("0::/system.slice/nginx.service\n", ""), "");
  EXPECT_EQ(container_id("0::/user.slice/session-1.scope\n", ""), "");
  EXPECT_EQ(container_id("0::/machine.slice/libpod-conmon-" + kId + ".scope\n", ""), "");
  EXPECT_EQ(container_id("0::/x/" + kId + "f\n", ""), "");
  EXPECT_EQ(container_id("", ""), "");
}

TEST(Container, MountsTellWhenTheCgroupDoesNot) {
  std::string docker =
      "1 2 254:1 /var/lib/docker/containers/" + kId + "/hostname /etc/hostname rw\n";
  EXPECT_EQ(container_id("0::/\n", "1 2 0:1 / / rw\n" + docker), kId);
  std::string podman = "/run/containers/storage/overlay-containers/" + kId + "/userdata/hosts";
  EXPECT_EQ(container_id("0::/\n", "1 2 0:1 " + podman + " /etc/hosts rw\n"), kId);
  std::string pod =
      "1 2 0:1 /var/lib/containerd/io.containerd.grpc.v1.cri/sandboxes/" + kId + "/h /h\n";
  EXPECT_EQ(container_id("0::/\n", pod), "");
}

TEST(Mapped, FilesOnce) {
  EXPECT_THAT(parse_mapped_files("00400000-00401000 r-xp 00000000 fe:00 12   /usr/bin/a b\n"
                                 "00401000-00402000 rw-p 00001000 fe:00 12   /usr/bin/a b\n"
                                 "7ff0-7ff1 rw-p 00000000 00:00 0            [heap]\n"
                                 "7ff2-7ff3 rw-p 00000000 00:00 0\n"
                                 "7ff4-7ff5 r--p 00000000 fe:00 13           /lib/libjvm.so\n",
                                 10),
              ElementsAre("/usr/bin/a b", "/lib/libjvm.so"));
}

TEST(JsonName, TopLevelOnly) {
  EXPECT_EQ(json_name(R"({"a": {"name": "no"}, "b": "name", "name" : "@x/y", "c": 1})"), "@x/y");
  EXPECT_EQ(json_name(R"({"a": "\"name\": \"no\"", "name": "yes"})"), "yes");
  EXPECT_EQ(json_name(R"({"scripts": {"name": "no"}})"), "");
  EXPECT_EQ(json_name(R"({"name": 5})"), "");
  EXPECT_EQ(json_name(R"({"name": "un)"), "");
  EXPECT_EQ(json_name(R"({"name": "tail\)"), "");
  EXPECT_EQ(json_name(""), "");
}

}  // namespace
}  // namespace tarsier::capture
