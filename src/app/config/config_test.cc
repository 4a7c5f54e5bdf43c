#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "app/config/load.h"
#include "app/config/settings.h"
#include "app/config/values.h"

namespace tarsier::app {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Loaded> load_text(std::string text, std::map<std::string, std::string> environment = {},
                         std::vector<std::pair<std::string, std::string>> flags = {}) {
  static std::map<std::string, std::string> variables;
  variables = std::move(environment);
  Sources sources;
  sources.file = "t.yml";
  sources.file_text = std::move(text);
  sources.flags = std::move(flags);
  sources.environment = [](const char* name) -> const char* {
    auto it = variables.find(name);
    return it == variables.end() ? nullptr : it->second.c_str();
  };
  return load(sources);
}

TEST(Values, Durations) {
  EXPECT_EQ(*parse_duration("1h30m"), 5400'000'000'000);
  EXPECT_EQ(*parse_duration("250ms"), 250'000'000);
  EXPECT_FALSE(parse_duration("5"));
  EXPECT_FALSE(parse_duration("5 parsecs"));
  EXPECT_EQ(format_duration(*parse_duration("15d")), "15d");
}

TEST(Values, Sizes) {
  EXPECT_EQ(*parse_bytes("4GiB"), 4LL << 30);
  EXPECT_EQ(*parse_bytes("10MB"), 10'000'000);
  EXPECT_EQ(format_bytes(1 << 20), "1MiB");
  EXPECT_FALSE(parse_bytes("many"));
}

TEST(Config, LaterWins) {
  auto loaded = load_text("server:\n  port: 1111\nlog_level: warn\n",
                          {{"TARSIER_SERVER_PORT", "2222"}}, {{"server.port", "3333"}});
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_EQ(loaded->config.server.port, 3333);
  EXPECT_EQ(loaded->origins["server.port"], "flag --server-port");
  EXPECT_EQ(loaded->origins["log_level"], "t.yml:3");
  EXPECT_EQ(loaded->origins["data"], "default");
}

TEST(Config, ErrorsNameFileLineValue) {
  auto loaded = load_text("server:\n  port: many\n");
  ASSERT_FALSE(loaded);
  EXPECT_EQ(loaded.error().message, "t.yml:2: server.port: \"many\" is not a whole number");
  EXPECT_THAT(load_text("a: [\n").error().message, HasSubstr("t.yml:2: not YAML"));
}

constexpr char kOldStack[] = R"(discovery:
  services:
    - exe_path: /usr/local/bin/core-service

network:
  enable: true

otel:
  endpoint: http://alloy:4318
  insecure: true
  traces:
    sampler: always_on
  metrics:
    interval: 5s
  logs:
    submit: opentelemetry

http_request_trace: true
print_traces: true
log_level: debug
)";

TEST(Config, OldStackFileIsAcceptedAsItStands) {
  auto loaded = load_text(kOldStack);
  ASSERT_TRUE(loaded) << loaded.error().message;
  const Config& config = loaded->config;
  ASSERT_EQ(config.instrument.size(), 1u);
  EXPECT_TRUE(config.instrument[0].regex);
  EXPECT_EQ(config.instrument[0].exe_path, "/usr/local/bin/core-service");
  EXPECT_TRUE(config.capture.network);
  EXPECT_TRUE(config.capture.http);
  EXPECT_EQ(config.exporter.endpoint, "http://alloy:4318");
  EXPECT_TRUE(config.exporter.insecure);
  EXPECT_TRUE(config.exporter.logs);
  EXPECT_EQ(config.traces.sampler, "always_on");
  EXPECT_EQ(config.traces.printer, "text");
  EXPECT_EQ(config.metrics.interval_ns, 5'000'000'000);
  EXPECT_EQ(config.log_level, "debug");
  EXPECT_TRUE(loaded->unknown.empty());
  EXPECT_EQ(loaded->warnings.size(), 9u);
  EXPECT_THAT(
      loaded->warnings,
      testing::Contains("t.yml:19: print_traces is deprecated, write traces.printer: text"));
}

TEST(Config, UnknownKeyNamesTheNearest) {
  auto loaded = load_text("log_levl: debug\nentirely_else: 1\n");
  ASSERT_TRUE(loaded);
  EXPECT_THAT(loaded->unknown,
              ElementsAre("t.yml:1: unknown key log_levl; the nearest known key is log_level",
                          "t.yml:2: unknown key entirely_else"));
}

TEST(Config, ListsAndEnvironmentInValues) {
  auto loaded =
      load_text("routes:\n  patterns:\n    - /a/{id}\n    - /b\ndata: ${DIR:-/tmp/x}/y\n");
  ASSERT_TRUE(loaded) << loaded.error().message;
  EXPECT_THAT(loaded->config.routes.patterns, ElementsAre("/a/{id}", "/b"));
  EXPECT_EQ(loaded->config.data, "/tmp/x/y");
}

TEST(Config, PrintedConfigurationReadsBack) {
  auto loaded = load_text(kOldStack, {}, {{"redact.query_keys", "a,b"}});
  auto again = load_text(print(*loaded));
  ASSERT_TRUE(again) << again.error().message;
  for (const Setting& setting : settings()) {
    EXPECT_EQ(setting.get(again->config), setting.get(loaded->config)) << setting.key;
  }
  ASSERT_EQ(again->config.instrument.size(), 1u);
  EXPECT_TRUE(again->config.instrument[0].regex);
}

}  // namespace
}  // namespace tarsier::app
