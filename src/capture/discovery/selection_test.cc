#include "capture/discovery/selection.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tarsier::capture {
namespace {

const std::vector<uint16_t> kNone;
const std::vector<uint16_t> kHttp = {80};

Selector by_glob(std::string glob, std::string ports = "") {
  return {.regex = false,
          .exe_path = std::move(glob),
          .open_ports = std::move(ports),
          .name = "",
          .service_namespace = ""};
}
Selector by_regex(std::string regex) {
  Selector selector = by_glob(std::move(regex));
  selector.regex = true;
  return selector;
}

bool watches(const std::vector<Selector>& instrument, const std::string& exe,
             const std::vector<uint16_t>& ports = kNone,
             const std::vector<Selector>& exclude = {}) {
  auto selection = Selection::create(instrument, exclude);
  EXPECT_TRUE(selection) << selection.error().message;
  return selection && selection->decide(exe, ports).watch;
}

bool matches(const std::string& glob, const std::string& path) {
  return watches({by_glob(glob)}, path);
}

TEST(Glob, MatchesTheWholePath) {
  EXPECT_TRUE(matches("*/core-service", "/usr/local/bin/core-service"));
  EXPECT_FALSE(matches("core-service", "/usr/local/bin/core-service"));
  EXPECT_TRUE(matches("/usr/*", "/usr/local/bin/x"));
  EXPECT_TRUE(matches("/srv/?.out", "/srv/a.out"));
  EXPECT_FALSE(matches("/srv/?.out", "/srv/aXout"));
}

TEST(Glob, Alternatives) {
  EXPECT_TRUE(matches("*/{core,db}", "/srv/db"));
  EXPECT_FALSE(matches("*/{core,db}", "/srv/dbx"));
  EXPECT_TRUE(matches("{*/a{1,2},*/b}", "/srv/a2"));
  EXPECT_TRUE(matches("*/a,b", "/srv/a,b"));
}

TEST(Glob, Classes) {
  EXPECT_TRUE(matches("/srv/x[!/]*", "/srv/xy"));
  EXPECT_FALSE(matches("/srv/x[!/]*", "/srv/x/y"));
  EXPECT_TRUE(matches("/srv/[a-c]", "/srv/b"));
  EXPECT_FALSE(matches("/srv/[a-c]", "/srv/-"));
  EXPECT_TRUE(matches("/srv/[]-]", "/srv/]"));
  EXPECT_TRUE(matches("/srv/\\*", "/srv/*"));
  EXPECT_FALSE(matches("/srv/\\*", "/srv/x"));
}

TEST(Glob, BytesThatAreNoUtf8) {
  EXPECT_TRUE(matches("/srv/\xff*", "/srv/\xff\xfe"));
}

TEST(Glob, BadOnesAreNamed) {
  for (const char* glob : {"/srv/[a", "/srv/{a", "/srv/[z-a]"}) {
    auto selection = Selection::create({by_glob(glob)}, {});
    ASSERT_FALSE(selection) << glob;
    EXPECT_EQ(selection.error().code, Code::kInvalid);
    EXPECT_NE(selection.error().message.find(glob), std::string::npos);
  }
}

TEST(Regex, MatchesAnywhere) {
  EXPECT_TRUE(watches({by_regex("/usr/local/bin/core-service")}, "/usr/local/bin/core-service"));
  EXPECT_TRUE(watches({by_regex("core")}, "/usr/local/bin/core-service"));
  EXPECT_FALSE(watches({by_regex("^core")}, "/usr/local/bin/core-service"));
  EXPECT_FALSE(Selection::create({by_regex("(")}, {}));
}

TEST(Ports, ListsAndRanges) {
  EXPECT_TRUE(watches({by_glob("", "79,80")}, "/srv/x", kHttp));
  EXPECT_TRUE(watches({by_glob("", "10, 70-90")}, "/srv/x", kHttp));
  EXPECT_FALSE(watches({by_glob("", "81-90")}, "/srv/x", kHttp));
  EXPECT_FALSE(watches({by_glob("", "80")}, "/srv/x"));
  for (const char* bad : {"x", "0", "90-80", "70000", "80-", "80;90", "1-2-3"}) {
    EXPECT_FALSE(parse_ports(bad)) << bad;
  }
}

TEST(Selection, FieldsOfOneItemAreAnd_ItemsAreOr) {
  std::vector<Selector> one = {by_glob("/srv/*", "80")};
  EXPECT_TRUE(watches(one, "/srv/x", kHttp));
  EXPECT_FALSE(watches(one, "/opt/x", kHttp));
  EXPECT_FALSE(watches(one, "/srv/x"));
  EXPECT_TRUE(watches({by_glob("/srv/*"), by_glob("", "80")}, "/opt/x", kHttp));
}

TEST(Selection, WithoutSelectorsWhateverServes) {
  EXPECT_TRUE(watches({}, "/srv/x", kHttp));
  EXPECT_FALSE(watches({}, "/srv/x"));
}

TEST(Selection, ExcludeWins) {
  EXPECT_FALSE(watches({by_glob("/srv/x")}, "/srv/x", kHttp, {by_glob("/srv/*")}));
  EXPECT_FALSE(watches({}, "/srv/x", kHttp, {by_glob("", "80")}));
  EXPECT_TRUE(watches({}, "/srv/x", kHttp, {by_glob("/opt/*")}));
}

TEST(Selection, OtherAgentsOnlyByName) {
  for (const char* agent : {"/usr/bin/alloy", "/beyla", "/otelcol-contrib", "/usr/bin/tarsier"}) {
    EXPECT_FALSE(watches({}, agent, kHttp)) << agent;
    EXPECT_FALSE(watches({by_glob("*")}, agent, kHttp)) << agent;
    EXPECT_FALSE(watches({by_glob("", "80")}, agent, kHttp)) << agent;
    EXPECT_TRUE(watches({by_glob(agent)}, agent, kHttp)) << agent;
  }
  EXPECT_TRUE(watches({}, "/srv/mobi", kHttp));
}

TEST(Selection, TheFirstThatHoldsGivesTheName) {
  Selector a = by_glob("/srv/*"), b = by_glob("*");
  a.name = "a";
  a.service_namespace = "ns";
  b.name = "b";
  auto selection = Selection::create({a, b}, {});
  EXPECT_EQ(selection->decide("/srv/x", kNone).name, "a");
  EXPECT_EQ(selection->decide("/srv/x", kNone).service_namespace, "ns");
  EXPECT_EQ(selection->decide("/opt/x", kNone).name, "b");
}

std::string reason(const std::vector<Selector>& instrument, const std::string& exe,
                   const std::vector<uint16_t>& ports = kNone,
                   const std::vector<Selector>& exclude = {}) {
  return Selection::create(instrument, exclude)->decide(exe, ports).reason;
}

TEST(Selection, SaysWhy) {
  Selector ports;
  ports.open_ports = "80,8000-9000";
  EXPECT_EQ(reason({}, "/srv/x", kHttp), "listens on TCP port 80");
  EXPECT_EQ(reason({}, "/srv/x"), "listens on no TCP port");
  EXPECT_EQ(reason({by_glob("/srv/*")}, "/srv/x"), "selected by exe_path \"/srv/*\"");
  EXPECT_EQ(reason({ports}, "/srv/x", kHttp), "selected by open_ports \"80,8000-9000\"");
  EXPECT_EQ(reason({ports}, "/srv/x", {81}), "no selector holds; it listens on TCP port 81");
  EXPECT_EQ(reason({}, "/srv/x", kHttp, {by_glob("*x")}), "excluded by exe_path \"*x\"");
  EXPECT_THAT(reason({}, "/usr/bin/alloy", kHttp), ::testing::StartsWith("a telemetry agent"));
}

}  // namespace
}  // namespace tarsier::capture
