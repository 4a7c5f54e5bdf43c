#include <gtest/gtest.h>

#include "query/engine.h"
#include "query/promql/calendar.h"
#include "query/promql/format.h"
#include "query/promql/natural_order.h"
#include "query/promql/parser.h"
#include "query/testing/memory_metrics.h"
#include "query/testing/promql_script.h"

namespace tarsier::query::promql {
namespace {

// The query as it is understood, or what is wrong with it.
std::string formatted(std::string_view query) {
  const auto expr = parse(query);
  return expr ? to_string(**expr) : expr.error().message;
}

TEST(PromqlParser, Understands) {
  const std::pair<const char*, const char*> cases[] = {
      {"1 + 2 * 3 ^ 2", "1 + 2 * 3 ^ 2"},
      {"-1^2", "-1 ^ 2"},
      {"0x1f", "31"},
      {"1e3", "1000"},
      {"5m", "5m"},
      {"1_000", "1000"},
      {"Inf", "+Inf"},
      {"sum by(a,b)(x)", "sum by (a, b) (x)"},
      {"SUM(x) BY (a)", "sum by (a) (x)"},
      {"sum without() (x)", "sum without () (x)"},
      {"topk(3, x)", "topk(3, x)"},
      {"a:b:c{x=~'y|z',w!=''}", "a:b:c{w!=\"\",x=~\"y|z\"}"},
      {"{\"my.metric\", \"label.x\"='v'}", "{\"label.x\"=\"v\",__name__=\"my.metric\"}"},
      {"x[5m] offset -1h @ 10", "x[5m] @ 10.000 offset -1h"},
      {"x[5m:1m] @ end()", "x[5m:1m] @ end()"},
      {"x[step()*2:]", "x[step() * 2:]"},
      {"x[max_of(1m, step())]", "x[max_of(1m, step())]"},
      {"x[300]", "x[5m]"},
      {"rate(x[5m])[10m:]", "rate(x[5m])[10m:]"},
      {"a / on(x) group_left(y) b", "a / on (x) group_left (y) b"},
      {"a > bool ignoring(x) b", "a > bool ignoring (x) b"},
      {"a + fill(0) b", "a + fill (0) b"},
      {"a and b or c unless d", "a and b or c unless d"},
      {"fill + fill", "fill + fill"},
      {"sum + by", "sum + by"},
      {"x # comment\n+ 1", "x + 1"},
      {"foo offset -2 ^ 2", "foo offset -2s ^ 2"},
  };
  for (const auto& [query, wanted] : cases) EXPECT_EQ(formatted(query), wanted) << query;
}

TEST(PromqlParser, SaysWhatIsWrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "unknown position: parse error: no expression found in input"},
      {"1 +", "1:4: parse error: unexpected end of input"},
      {"(1", "1:3: parse error: unclosed left parenthesis"},
      {"foo{", "1:5: parse error: unexpected end of input inside braces"},
      {"foo{a}",
       "1:6: parse error: unexpected \"}\" in label matching, expected label matching "
       "operator"},
      {"foo{a=b}",
       "1:7: parse error: unexpected identifier \"b\" in label matching, expected "
       "string"},
      {"sum by (a", "1:10: parse error: unclosed left parenthesis"},
      {"sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"},
      {"nope(x)", "1:1: parse error: unknown function with name \"nope\""},
      {"rate(x)",
       "1:6: parse error: expected type range vector in call to function \"rate\", "
       "got instant vector"},
      {"rate(x[5m], 1)", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 2"},
      {"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
      {"{a=~'.*'}",
       "1:1: parse error: vector selector must contain at least one non-empty "
       "matcher"},
      {"1 > 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
      {"a + bool b", "1:3: parse error: bool modifier can only be used on comparison operators"},
      {"a and 1",
       "1:1: parse error: set operator \"and\" not allowed in binary scalar "
       "expression"},
      {"x offset 1m offset 2m", "1:1: parse error: offset may not be set multiple times"},
      {"x offset 1m[5m]", "1:12: parse error: no offset modifiers allowed before range"},
      {"sum(x)[5m]", "1:7: parse error: ranges only allowed for vector selectors"},
      {"x[0s]", "1:3: parse error: duration must be greater than 0"},
      {"x{a=~'('}", "1:3: parse error: error parsing regexp: missing ): ("},
      {"1foo", "1:1: parse error: bad number or duration syntax: \"1foo\""},
      {"x @ y", "1:5: parse error: unexpected identifier \"y\" in @, expected timestamp"},
      {"foo\n  bar", "2:3: parse error: unexpected identifier \"bar\""},
      {"histogram_sum(x)", "1:1: function \"histogram_sum\" is not supported"},
  };
  for (const auto& [query, wanted] : cases) EXPECT_EQ(formatted(query), wanted) << query;
}

TEST(PromqlFormat, BreaksLongLines) {
  const std::string metric(60, 'm');
  EXPECT_EQ(*promql_format("sum(rate(" + metric + "[5m])) / sum(rate(" + metric + "[5m]))"),
            "  sum(rate(" + metric + "[5m]))\n/\n  sum(rate(" + metric + "[5m]))");
}

TEST(PromqlSelectors, AreAllOfAnExpression) {
  const auto parsed = promql_selectors("sum(a{x='1'}) / on() rate(b[5m]) + last_over_time(c[5m:])");
  ASSERT_TRUE(parsed) << parsed.error().message;
  const auto& selectors = *parsed;
  EXPECT_FALSE(promql_selectors("sum("));
  ASSERT_EQ(selectors.size(), 3u);
  EXPECT_EQ(selectors[0][0].value, "1");
  EXPECT_EQ(selectors[2][0].value, "c");
  EXPECT_EQ(promql_matchers("up{job!~'x'}")->size(), 2u);
  EXPECT_FALSE(promql_matchers("up + 1"));
}

TEST(Calendar, KnowsDates) {
  const int64_t leap_day = 1'709'208'000;  // 2024-02-29 12:00
  const std::pair<const char*, double> cases[] = {
      {"year", 2024}, {"month", 2},        {"day_of_month", 29},  {"day_of_week", 4},
      {"hour", 12},   {"day_of_year", 60}, {"days_in_month", 29}, {"minute", 0}};
  for (const auto& [part, wanted] : cases) EXPECT_EQ(date_part(part)(leap_day), wanted) << part;
  EXPECT_EQ(date_part("year")(-1), 1969);
  EXPECT_EQ(date_part("day_of_week")(-1), 3);
}

TEST(NaturalOrder, ComparesNumbers) {
  EXPECT_TRUE(natural_less("cpu2", "cpu10"));
  EXPECT_FALSE(natural_less("cpu10", "cpu2"));
  EXPECT_TRUE(natural_less("a", "a1"));
}

}  // namespace
}  // namespace tarsier::query::promql
