#include "app/doctor/checks.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/fd.h"

namespace tarsier::app {
namespace {

using testing::HasSubstr;

struct Listener {
  Fd fd{::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  uint16_t port = 0;
  Listener() {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof(address);
    ::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), size);
    ::listen(fd.get(), 1);
    ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&address), &size);
    port = ntohs(address.sin_port);
  }
};

TEST(Doctor, APortThatIsTakenSaysByWhom) {
  Listener other;
  Feature port = check_port("127.0.0.1", other.port, "the UI", "server.port");
  EXPECT_FALSE(port.works);
  EXPECT_TRUE(port.required);
  EXPECT_THAT(port.detail, HasSubstr(fmt::format("taken by app_test (pid {})", ::getpid())));
  EXPECT_THAT(port.fix, HasSubstr("server.port"));
}

TEST(Doctor, AFreePortAndAForeignAddress) {
  uint16_t port = Listener().port;
  EXPECT_TRUE(check_port("127.0.0.1", port, "the UI", "server.port").works);
  EXPECT_FALSE(check_port("192.0.2.1", port, "the UI", "server.port").works);
  EXPECT_THAT(check_port("here", port, "the UI", "server.port").fix, HasSubstr("server.address"));
}

TEST(Doctor, FolderThatCanBeMade) {
  std::string folder = testing::TempDir() + "/not/there/yet";
  Feature feature = check_folder(folder, 1);
  EXPECT_TRUE(feature.works) << feature.detail;
  EXPECT_THAT(feature.detail, HasSubstr(" free, a sync takes "));
  EXPECT_FALSE(std::filesystem::exists(folder));
}

TEST(Doctor, FolderThatCannotBeWritten) {
  EXPECT_FALSE(check_folder("/proc/tarsier", 1).works);
  EXPECT_TRUE(check_folder("/proc/tarsier", 1).required);
}

TEST(Doctor, LessDiskThanRetentionIsSaidButDoesNotStop) {
  Feature feature = check_folder(testing::TempDir(), INT64_MAX);
  EXPECT_FALSE(feature.works);
  EXPECT_FALSE(feature.required);
}

TEST(Doctor, User) {
  EXPECT_TRUE(check_user("nobody").works);
  EXPECT_FALSE(check_user("no-such-user").works);
}

TEST(Doctor, OnlyWhatIsRequiredBlocks) {
  std::vector<Section> sections = {
      {"a", {{"x", false, "seen", "do that", false}, {"y", true, "", "", true}}}};
  EXPECT_EQ(blockers(sections), 0u);
  EXPECT_THAT(render(sections, false), HasSubstr("fix: do that"));
  EXPECT_THAT(render(sections, false), HasSubstr("can run here"));
  sections[0].features[0].required = true;
  EXPECT_EQ(blockers(sections), 1u);
  EXPECT_THAT(render(sections, false), HasSubstr("cannot run here"));
  EXPECT_THAT(render(sections, false), testing::Not(HasSubstr("\x1b")));
  EXPECT_THAT(render(sections, true), HasSubstr("\x1b[31m"));
}

}  // namespace
}  // namespace tarsier::app
