#include "capture/discovery/discovery.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "capture/discovery/fake_proc.h"
#include "capture/discovery/sight.h"
#include "capture/discovery/sock_diag.h"

namespace tarsier::capture {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

FakeProcess python(std::vector<std::string> arguments, std::vector<std::string> environment = {}) {
  FakeProcess process;
  process.exe = "/usr/bin/python3.11";
  process.arguments = std::move(arguments);
  process.environment = std::move(environment);
  return process;
}

Discovery everything(const FakeProc& fake, uint32_t netns = 0) {
  return Discovery(fake.proc(), *Selection::create({}, {}), netns);
}

std::vector<uint32_t> pids(const std::vector<Process>& processes) {
  std::vector<uint32_t> out;
  for (const Process& process : processes) out.push_back(process.pid);
  return out;
}

void listen_on(FakeProc& fake, uint32_t pid, FakeProcess process, uint16_t port) {
  process.sockets = {1'000 + pid};
  fake.add(pid, process);
  fake.write(pid, "net/tcp", "  sl  local_address\n" + FakeProc::tcp_line(port, 10, 1'000 + pid));
}

TEST(Describe, ReadsWhatAProcessSaysOfItself) {
  FakeProc fake;
  std::string id(64, 'a');
  FakeProcess process = python({"python3", "app.py"}, {"OTEL_SERVICE_NAME=shop",
                                                       "OTEL_RESOURCE_ATTRIBUTES=service.name=x,"
                                                       "service.namespace=ns,team=a%2Cb"});
  process.cgroup = "0::/system.slice/docker-" + id + ".scope\n";
  fake.add(7, process);
  auto out =
      describe(fake.proc(), 7, {.watch = true, .name = "given", .service_namespace = "given-ns"});
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->service_name, "shop");
  EXPECT_EQ(out->service_namespace, "ns");
  EXPECT_EQ(out->container_id, id);
  EXPECT_EQ(out->language, Language::kPython);
  EXPECT_EQ(out->language_version, "3.11");
  EXPECT_EQ(out->command_line, "python3 app.py");
  EXPECT_EQ(out->start_time, 100u);
  ASSERT_EQ(out->resource_attributes.size(), 1u);
  EXPECT_EQ(model::find_string(out->resource_attributes, "team"), "a,b");
}

TEST(Describe, NamesGoInOrder) {
  FakeProc fake;
  Verdict given{.watch = true, .name = "given", .service_namespace = "given-ns"};
  fake.add(7, python({"python3", "app.py"}, {"OTEL_RESOURCE_ATTRIBUTES=service.name=x"}));
  EXPECT_EQ(describe(fake.proc(), 7, given)->service_name, "x");
  fake.add(7, python({"python3", "app.py"}));
  EXPECT_EQ(describe(fake.proc(), 7, given)->service_name, "given");
  EXPECT_EQ(describe(fake.proc(), 7, given)->service_namespace, "given-ns");
  EXPECT_EQ(describe(fake.proc(), 7)->service_name, "app");
}

TEST(Describe, SaysWhereTheNameIsFrom) {
  FakeProc fake;
  std::string_view from;
  fake.add(7, python({"python3", "app.py"}, {"OTEL_SERVICE_NAME=x"}));
  ASSERT_TRUE(describe(fake.proc(), 7, {}, &from));
  EXPECT_EQ(from, "its OTEL_SERVICE_NAME");
  fake.add(7, python({"python3", "app.py"}, {"OTEL_RESOURCE_ATTRIBUTES=service.name=x"}));
  ASSERT_TRUE(describe(fake.proc(), 7, {}, &from));
  EXPECT_EQ(from, "its OTEL_RESOURCE_ATTRIBUTES");
  fake.add(7, python({"python3", "app.py"}));
  ASSERT_TRUE(describe(fake.proc(), 7, {.watch = true, .name = "given"}, &from));
  EXPECT_EQ(from, "the selector");
  ASSERT_TRUE(describe(fake.proc(), 7, {}, &from));
  EXPECT_EQ(from, "the program that it runs");
}

TEST(Describe, ADeletedProgramKeepsItsPath) {
  FakeProc fake;
  FakeProcess process;
  process.exe = "/srv/core (deleted)";
  fake.add(7, process);
  EXPECT_EQ(describe(fake.proc(), 7)->exe_path, "/srv/core");
  EXPECT_EQ(describe(fake.proc(), 7)->service_name, "core");
}

TEST(Describe, KernelThreadsAndTheGoneAreNotFound) {
  FakeProc fake;
  fake.add(7, {});
  std::filesystem::remove(fake.path(7, "exe"));
  EXPECT_EQ(describe(fake.proc(), 7).error().code, Code::kNotFound);
  EXPECT_EQ(describe(fake.proc(), 8).error().code, Code::kNotFound);
}

TEST(Describe, FilesOfAContainerAreReadWithinItsRoot) {
  FakeProc fake;
  FakeProcess process;
  process.exe = "/usr/local/bin/node";
  process.arguments = {"node", "server.js"};
  process.cwd = "/srv/shop";
  fake.add(7, process);
  fake.write(7, "root/srv/real.json", R"({"name": "@acme/checkout"})");
  std::filesystem::create_directories(fake.path(7, "root/srv/shop"));
  std::filesystem::create_symlink("/srv/real.json", fake.path(7, "root/srv/shop/package.json"));
  fake.write(7, "root/usr/local/include/node/node_version.h",
             "#define NODE_MAJOR_VERSION 20\n#define NODE_MINOR_VERSION 1\n"
             "#define NODE_PATCH_VERSION 3\n");
  EXPECT_EQ(describe(fake.proc(), 7)->service_name, "checkout");
  EXPECT_EQ(describe(fake.proc(), 7)->language_version, "20.1.3");
}

TEST(Describe, ThisProcess) {
  auto out = describe(ProcFs(), static_cast<uint32_t>(::getpid()));
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->exe_path, std::filesystem::read_symlink("/proc/self/exe"));
  EXPECT_EQ(out->service_name, "capture_test");
  EXPECT_EQ(out->language, Language::kCpp);
  EXPECT_GT(out->start_time, 0u);
}

// Its port; the socket stays open.
uint16_t listen_anywhere(int fd) {
  sockaddr_storage address{};
  socklen_t size = sizeof(address);
  ::listen(fd, 1);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  return ntohs(reinterpret_cast<sockaddr_in*>(&address)->sin_port);
}

TEST(Listening, FindsAPortOfThisProcess) {
  Fd fd(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  uint16_t port = listen_anywhere(fd.get());
  auto pid = static_cast<uint32_t>(::getpid());
  EXPECT_THAT(listening_ports(ProcFs(), pid), testing::Contains(port));
  EXPECT_THAT(listening_ports(ProcFs())[pid], testing::Contains(port));
  EXPECT_TRUE(listening_by_netlink(ProcFs(), pid));
}

// A child in a new network namespace listens there; nothing of ours goes along.
TEST(Listening, FindsAPortInAnotherNamespace) {
  int ready[2], done[2];
  ASSERT_EQ(::pipe2(ready, O_CLOEXEC) + ::pipe2(done, O_CLOEXEC), 0);
  pid_t child = ::fork();
  if (child == 0) {
    ::close(done[1]);
    uint16_t port = ::unshare(CLONE_NEWNET) == 0
                        ? listen_anywhere(Fd(::socket(AF_INET, SOCK_STREAM, 0)).release())
                        : uint16_t{0};
    char byte = 0;
    bool told = ::write(ready[1], &port, sizeof(port)) == sizeof(port);
    ::_exit(told && ::read(done[0], &byte, 1) == 0 ? 0 : 1);
  }
  uint16_t port = 0;
  ASSERT_EQ(::read(ready[0], &port, sizeof(port)), ssize_t{sizeof(port)});
  ASSERT_NE(port, 0) << "needs root";
  uint32_t before = *netns_inode("self");
  auto pid = static_cast<uint32_t>(child);
  EXPECT_THAT(listening_by_netlink(ProcFs(), pid)->size(), 1u);
  EXPECT_THAT(listening_ports(ProcFs(), pid), ElementsAre(port));
  EXPECT_EQ(*netns_inode("self"), before);
  ::close(done[1]);
  ::waitpid(child, nullptr, 0);
  for (int fd : {ready[0], ready[1], done[0]}) ::close(fd);
}

TEST(Listening, EachNamespaceHasItsOwnTable) {
  FakeProc fake;
  FakeProcess a, b;
  a.netns = 1;
  b.netns = 2;
  listen_on(fake, 5, a, 80);
  listen_on(fake, 6, b, 81);
  auto ports = listening_ports(fake.proc());
  EXPECT_THAT(ports[5], ElementsAre(80));
  EXPECT_THAT(ports[6], ElementsAre(81));
}

TEST(Listening, ConnectionsAreNoPorts) {
  FakeProc fake;
  FakeProcess process;
  process.sockets = {1, 2};
  fake.add(5, process);
  fake.write(5, "net/tcp", FakeProc::tcp_line(80, 10, 1) + FakeProc::tcp_line(99, 1, 2));
  fake.write(5, "net/tcp6", "header\n" + FakeProc::tcp_line(81, 10, 2));
  EXPECT_THAT(listening_ports(fake.proc(), 5), ElementsAre(80, 81));
}

TEST(Discovery, FindsServersAndTheirEnd) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  fake.add(6, python({"python3", "b.py"}));
  Discovery discovery = everything(fake);
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(5));
  EXPECT_THAT(discovery.scan().found, IsEmpty());
  fake.remove(5);
  EXPECT_THAT(discovery.scan().gone, ElementsAre(5));
}

TEST(Discovery, FindsAServerWhenItStartsToListen) {
  FakeProc fake;
  fake.add(5, python({"python3", "a.py"}));
  Discovery discovery = everything(fake);
  EXPECT_THAT(discovery.look(5).found, IsEmpty());
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  EXPECT_THAT(pids(discovery.look(5).found), ElementsAre(5));
}

TEST(Discovery, AReusedPidIsAnotherProcess) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  Discovery discovery = everything(fake);
  discovery.scan();
  FakeProcess other = python({"python3", "b.py"});
  other.start_time = 200;
  listen_on(fake, 5, other, 80);
  Changes changes = discovery.scan();
  ASSERT_EQ(changes.found.size(), 1u);
  EXPECT_EQ(changes.found[0].service_name, "b");
}

TEST(Discovery, AnExecIsAChange) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  Discovery discovery = everything(fake);
  discovery.scan();
  EXPECT_THAT(discovery.look(5).found, IsEmpty());
  listen_on(fake, 5, python({"python3", "b.py"}), 80);
  EXPECT_EQ(discovery.look(5).found.at(0).service_name, "b");
}

TEST(Discovery, AServerThatStopsListeningIsStillWatched) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  Discovery discovery = everything(fake);
  discovery.scan();
  fake.add(5, python({"python3", "a.py"}));
  EXPECT_THAT(discovery.scan().gone, IsEmpty());
  EXPECT_THAT(discovery.look(5).gone, IsEmpty());
}

TEST(Discovery, WorkersOfAServerServeToo) {
  FakeProc fake;
  FakeProcess worker = python({"python3", "a.py"});
  worker.parent = 5;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  fake.add(6, worker);
  Discovery discovery = everything(fake);
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(5, 6));
}

TEST(Discovery, AForkedWorkerIsCalledWhatItsParentIs) {
  FakeProc fake;
  FakeProcess parent = python({"python3", "a.py"}, {"OTEL_SERVICE_NAME=shop"});
  FakeProcess worker = python({"a: worker"}), other = python({"python3", "b.py"});
  parent.stack_start = worker.stack_start = 0x7ffe'0000;
  other.stack_start = 0x7ffd'0000;  // it has executed something
  worker.parent = other.parent = 5;
  listen_on(fake, 5, parent, 80);
  listen_on(fake, 6, worker, 80);
  listen_on(fake, 7, other, 81);
  Discovery discovery = everything(fake);
  discovery.look(5);
  EXPECT_EQ(discovery.look_at_child(6, 5).found.at(0).service_name, "shop");
  EXPECT_EQ(discovery.look_at_child(7, 5).found.at(0).service_name, "b");
}

TEST(Discovery, AChildThatIsGoneWasWhatItsParentIs) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  Discovery discovery = everything(fake);
  discovery.scan();
  Process child = discovery.look_at_child(6, 5).found.at(0);
  EXPECT_EQ(child.pid, 6u);
  EXPECT_EQ(child.service_name, "a");
  EXPECT_TRUE(discovery.forget(6));
  EXPECT_THAT(discovery.look_at_child(8, 7).found, IsEmpty());
}

TEST(Discovery, TellsWhoIsWatchedAndWhy) {
  FakeProc fake;
  FakeProcess worker = python({"python3", "a.py"});
  worker.parent = 5;
  listen_on(fake, 5, python({"python3", "a.py"}, {"OTEL_SERVICE_NAME=shop"}), 80);
  fake.add(6, worker);
  fake.add(7, python({"python3", "batch.py"}));
  Discovery discovery = everything(fake);
  discovery.scan();
  std::vector<Sighting> all = sight(fake.proc(), discovery);
  ASSERT_EQ(all.size(), 3u);
  EXPECT_TRUE(all[0].watched);
  EXPECT_EQ(all[0].process.service_name, "shop");
  EXPECT_EQ(all[0].named_by, "its OTEL_SERVICE_NAME");
  EXPECT_EQ(all[0].reason, "listens on TCP port 80");
  EXPECT_THAT(all[0].ports, ElementsAre(80));
  EXPECT_EQ(all[1].reason, "as process 5: listens on TCP port 80");
  EXPECT_FALSE(all[2].watched);
  EXPECT_EQ(all[2].reason, "listens on no TCP port");
}

TEST(Discovery, StaysInItsNetworkNamespace) {
  FakeProc fake;
  FakeProcess process = python({"python3", "a.py"});
  process.netns = 9;
  listen_on(fake, 5, process, 80);
  EXPECT_THAT(everything(fake, 8).scan().found, IsEmpty());
  EXPECT_THAT(everything(fake, 9).scan().found.size(), 1u);
}

TEST(Discovery, NeverWatchesWhatIsExcluded) {
  FakeProc fake;
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  Discovery discovery = everything(fake);
  discovery.scan();
  EXPECT_TRUE(discovery.exclude(5));
  EXPECT_THAT(discovery.scan().found, IsEmpty());
  EXPECT_THAT(discovery.look(5).found, IsEmpty());
}

TEST(Discovery, AWorkerIsFoundWhicheverPidComesFirst) {
  FakeProc fake;
  FakeProcess worker = python({"python3", "a.py"});
  worker.parent = 9;
  fake.add(6, worker);
  listen_on(fake, 9, python({"python3", "a.py"}), 80);
  fake.write(6, "net/tcp", FakeProc::tcp_line(80, 10, 1'009));
  Discovery discovery = everything(fake);
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(9));
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(6));
}

TEST(Discovery, AProcessThatStartsToListenBetweenTwoScans) {
  FakeProc fake;
  fake.add(5, python({"python3", "a.py"}));
  Discovery discovery = everything(fake);
  EXPECT_THAT(discovery.scan().found, IsEmpty());
  EXPECT_THAT(discovery.scan().found, IsEmpty());
  listen_on(fake, 5, python({"python3", "a.py"}), 80);
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(5));
}

TEST(Discovery, AnExecBetweenTwoScans) {
  FakeProc fake;
  fake.add(5, python({"python3", "a.py"}));
  Selector selector{false, "/srv/*", "", "", ""};
  Discovery discovery(fake.proc(), *Selection::create({selector}, {}));
  EXPECT_THAT(discovery.scan().found, IsEmpty());
  FakeProcess other;
  other.exe = "/srv/shop";
  fake.add(5, other);
  EXPECT_THAT(pids(discovery.scan().found), ElementsAre(5));
}

TEST(Discovery, FindsTheRealServersOfThisMachine) {
  Fd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::listen(fd.get(), 1), 0);
  Discovery discovery(ProcFs(), *Selection::create({}, {}));
  EXPECT_THAT(pids(discovery.scan().found), testing::Contains(::getpid()));
}

}  // namespace
}  // namespace tarsier::capture
