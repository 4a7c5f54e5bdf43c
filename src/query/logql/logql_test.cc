#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/clock.h"
#include "query/engine.h"
#include "query/testing/memory_events.h"

namespace tarsier::query {
namespace {

using ::testing::HasSubstr;

testing::MemoryEvents some_lines() {
  testing::MemoryEvents events;
  auto add = [&](int64_t second, std::string service, std::string line,
                 model::Labels metadata = {}) {
    events.add_line({{"service_name", std::move(service)}}, second * kSecond, std::move(line),
                    std::move(metadata));
  };
  add(10, "core", "GET /a 200 12ms", {{"status", "200"}, {"trace_id", "aa"}});
  add(20, "core", "GET /b 500 90ms", {{"status", "500"}, {"trace_id", "bb"}});
  add(30, "core", R"({"level":"warn","took":"1.5s","http":{"code":404},"size":"2KB"})");
  add(40, "core", R"(level=error msg="two words" took=20ms n=7)");
  add(50, "db", "query done");
  return events;
}

// Log lines as "10 20"; metrics as `{labels} value...`.
std::string ask(const std::string& query, int64_t start_s = 0, int64_t end_s = 100,
                int64_t step_s = 0, LogqlOptions options = {}) {
  testing::MemoryEvents events = some_lines();
  QueryContext context;
  auto result = evaluate_logql(context, events, query, start_s * kSecond, end_s * kSecond,
                               step_s * kSecond, options);
  if (!result) return result.error().message;
  std::string out;
  if (auto* streams = std::get_if<std::vector<LogStream>>(&result->data)) {
    for (const LogStream& stream : *streams) {
      for (const LogEntry& entry : stream.entries)
        out += fmt::format("{}{}", out.empty() ? "" : " ", entry.time_ns / kSecond);
    }
    return out;
  }
  const Value& value = std::get<Value>(result->data);
  if (auto* scalar = std::get_if<Scalar>(&value.data))
    return fmt::format("scalar {}", scalar->value);
  const auto& series = std::holds_alternative<Vector>(value.data)
                           ? std::get<Vector>(value.data).series
                           : std::get<Matrix>(value.data).series;
  for (const Series& s : series) {
    out += (out.empty() ? "" : "; ") + model::to_string(s.labels);
    for (const model::Sample& sample : s.samples) out += fmt::format(" {}", sample.value);
  }
  return out;
}

std::string first_entry(const std::string& query) {
  testing::MemoryEvents events = some_lines();
  QueryContext context;
  auto result = evaluate_logql(context, events, query, 0, 100 * kSecond, 0, {});
  if (!result) return result.error().message;
  const auto& streams = std::get<std::vector<LogStream>>(result->data);
  if (streams.empty()) return "nothing";
  const LogStream& s = streams[0];
  return fmt::format("{} | {} | {}", s.entries[0].line, model::to_string(s.labels),
                     model::to_string(s.entries[0].parsed));
}

TEST(Logql, LinesAndLabels) {
  const std::string core = "{service_name=\"core\"} ";
  EXPECT_EQ(ask(core), "40 30 20 10");
  EXPECT_EQ(ask(core, 0, 100, 0, {.newest_first = false}), "10 20 30 40");
  EXPECT_EQ(ask(core, 0, 100, 0, {.limit = 2}), "40 30");
  EXPECT_EQ(ask(core + "|= \"GET\""), "20 10");
  EXPECT_EQ(ask(core + "|= \"GET\" != \"500\""), "10");
  EXPECT_EQ(ask(core + "|~ \"/[ab]\" |= \"12ms\" or \"90ms\""), "20 10");
  EXPECT_EQ(ask(core + "!~ \"GET|level=\""), "30");
  EXPECT_EQ(ask(core + "| status=\"500\""), "20");
  EXPECT_EQ(ask(core + "| status >= 300"), "20");
  EXPECT_EQ(ask(core + "| status=~\"2..\" or trace_id=\"bb\""), "20 10");
  EXPECT_EQ(ask(core + "| status=\"\""), "40 30");
  EXPECT_EQ(ask(core + "| json | http_code = 404"), "30");
  EXPECT_EQ(ask(core + "| json | __error__=\"\" | took > 1s and size <= 2KB"), "30");
  EXPECT_EQ(ask(core + "| logfmt | level=\"error\", n > 6"), "40");
}

TEST(Logql, ParsersAndFormats) {
  EXPECT_EQ(
      first_entry("{service_name=\"core\"} |= `http` | json"),
      R"({"level":"warn","took":"1.5s","http":{"code":404},"size":"2KB"} | {service_name="core"} | {http_code="404", level="warn", size="2KB", took="1.5s"})");
  EXPECT_EQ(
      first_entry(
          "{service_name=\"core\"} |= `http` | json c=\"http.code\" | line_format `code {{.c}}`"),
      R"(code 404 | {service_name="core"} | {c="404"})");
  EXPECT_EQ(
      first_entry("{service_name=\"core\"} |= `msg=` | logfmt msg, n | keep service_name, msg"),
      R"(level=error msg="two words" took=20ms n=7 | {service_name="core"} | {msg="two words"})");
  EXPECT_EQ(
      first_entry(
          "{service_name=\"core\"} |= `/b` | regexp `(?P<method>\\w+) (?P<path>\\S+)` | drop path"),
      R"(GET /b 500 90ms | {service_name="core"} | {method="GET"})");
  EXPECT_EQ(
      first_entry("{service_name=\"core\"} |= `/b` | pattern `<method> <_> <status> <took>`"),
      R"(GET /b 500 90ms | {service_name="core"} | {method="GET", status_extracted="500", took="90ms"})");
  EXPECT_EQ(
      first_entry(
          "{service_name=\"core\"} |= `/b` | label_format service_name=status, s=`x{{.status}}`"),
      R"(GET /b 500 90ms | {} | {s="x", service_name="500"})");
  EXPECT_THAT(first_entry("{service_name=\"db\"} | json"),
              HasSubstr("__error__=\"JSONParserErr\""));
}

TEST(Logql, Metrics) {
  EXPECT_EQ(ask("sum by (service_name) (count_over_time({service_name=~\".+\"}[100s]))"),
            "{service_name=\"core\"} 4; {service_name=\"db\"} 1");
  EXPECT_EQ(ask("sum(rate({service_name=\"core\"}[10s]))", 10, 40, 10), "{} 0.1 0.1 0.1 0.1");
  EXPECT_EQ(ask("sum(count_over_time({service_name=\"core\"}[20s]))", 10, 60, 10), "{} 1 2 2 2 1");
  EXPECT_EQ(ask("sum(count_over_time({service_name=\"core\"}[20s] offset 10s))", 10, 30, 10),
            "{} 1 2");
  EXPECT_EQ(ask("sum(bytes_over_time({service_name=\"db\"}[100s]))"), "{} 10");
  EXPECT_EQ(ask("max_over_time({service_name=\"core\"} | logfmt | unwrap duration(took) | "
                "__error__=\"\" [100s]) by (level)"),
            "{level=\"error\"} 0.02");
  EXPECT_EQ(ask("quantile_over_time(0.5, {service_name=\"core\"} | unwrap status [100s]) by "
                "(service_name)"),
            "{service_name=\"core\"} 350");
  EXPECT_EQ(ask("topk(1, sum by (status) (count_over_time({service_name=\"core\"} | status=\"500\" "
                "or status=\"200\" [100s])))"),
            "{status=\"200\"} 1");
  EXPECT_EQ(ask("count(count_over_time({service_name=\"core\"}[100s]))"), "{} 3");
  EXPECT_EQ(ask("absent_over_time({service_name=\"none\"}[10s])"), "{service_name=\"none\"} 1");
}

TEST(Logql, BinaryOperations) {
  EXPECT_EQ(ask("vector(1)+vector(1)"), "{} 2");
  EXPECT_EQ(ask("1 + 2 * 3 ^ 2"), "scalar 19");
  const std::string core = "sum(count_over_time({service_name=\"core\"}[100s]))",
                    db = "sum(count_over_time({service_name=\"db\"}[100s]))";
  EXPECT_EQ(ask(db + " / " + core + " * 100"), "{} 25");
  EXPECT_EQ(ask(core + " > 3"), "{} 4");
  EXPECT_EQ(ask(core + " > 4"), "");
  EXPECT_EQ(ask(core + " > bool 4"), "{} 0");
  EXPECT_EQ(ask("vector(5) or vector(6)"), "{} 5");
  EXPECT_EQ(ask("vector(5) unless vector(6)"), "");
}

TEST(Logql, Errors) {
  EXPECT_THAT(ask("{"), HasSubstr("1:2: parse error: unexpected end of input"));
  EXPECT_THAT(ask("{}"), HasSubstr("at least one regexp or equality matcher"));
  EXPECT_THAT(ask("{a=\"b\"} |~ \"(\""), HasSubstr("bad regular expression"));
  EXPECT_THAT(ask("{a=\"b\"} |> \"<_>\""), HasSubstr("pattern filter |> is not supported"));
  EXPECT_THAT(ask("label_replace(vector(1), \"a\", \"b\", \"c\", \"d\")"),
              HasSubstr("label_replace() is not supported"));
  EXPECT_THAT(ask("rate({a=\"b\"} | line_format `{{ ToUpper .x }}` [1m])"), HasSubstr("template"));
  EXPECT_THAT(ask("sum_over_time({a=\"b\"}[1m])"), HasSubstr("without unwrap"));
  EXPECT_THAT(ask("count_over_time({service_name=\"core\"} | json [100s])"),
              HasSubstr("pipeline error: 'JSONParserErr'"));
  EXPECT_THAT(ask("sum(rate({service_name=\"core\"}[1m]))", 0, 1'000'000, 1),
              HasSubstr("11,000 points"));
  EXPECT_THAT(ask(std::string(3000, '(')), HasSubstr("nested deeper"));
}

TEST(Logql, Limits) {
  testing::MemoryEvents events = some_lines();
  QueryContext context;
  context.memory_max_bytes = 100;
  auto result = evaluate_logql(context, events, "{service_name=\"core\"}", 0, 100 * kSecond, 0, {});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, Code::kLimitExceeded);
}

}  // namespace
}  // namespace tarsier::query
