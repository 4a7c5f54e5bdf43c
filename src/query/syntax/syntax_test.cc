#include <gtest/gtest.h>

#include <cmath>
#include <map>
#include <memory>

#include "query/syntax/lexer.h"
#include "query/syntax/literal.h"
#include "query/syntax/pratt.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::syntax {
namespace {

constexpr std::string_view kOperators[] = {"(", ")", "+", "-", "*", "^", "=", "=~"};

std::string kinds(std::string_view source, Dialect dialect = {.operators = kOperators}) {
  TokenStream tokens(source, make_lexer(dialect));
  std::string out;
  while (tokens.peek().kind != TokenKind::kEnd) {
    const Token token = tokens.take();
    out += fmt::format("{}{}", "EX#\"nd8o"[static_cast<int>(token.kind)], token.text) + " ";
    if (token.kind == TokenKind::kError) return out + token.message;
  }
  return out;
}

TEST(Lexer, ReadsTokens) {
  EXPECT_EQ(kinds("a=~\"b\\\"c\" # x\n+1.5e-3 5m"), "#a o=~ \"\"b\\\"c\" o+ n1.5e-3 d5m ");
  EXPECT_EQ(kinds("0x1F 1_000 .5 Inf"), "n0x1F n1_000 n.5 #Inf ");
  EXPECT_EQ(kinds("1.5h"), "X1.5h bad number or duration syntax: \"1.5h\"");
  EXPECT_EQ(
      kinds("1.5h 20\u00b5s 10MB", {.operators = kOperators, .go_durations = true, .bytes = true}),
      "d1.5h d20\u00b5s 810MB ");
  EXPECT_EQ(kinds("\"a"), "X\"a unterminated quoted string");
  EXPECT_EQ(kinds("?"), "X unexpected character: '?'");
}

TEST(Literal, Numbers) {
  const std::map<std::string, double> cases = {
      {"1", 1},           {"-1.5", -1.5}, {"1e3", 1000},       {"0x1f", 31},
      {"010", 8},         {"1_000", 1e3}, {"5.", 5},           {".5", 0.5},
      {"+Inf", INFINITY}, {"08", 8},      {"-inf", -INFINITY}, {"1e-3", 0.001},
      {"0X1F", 31}};
  for (const auto& [text, value] : cases) EXPECT_EQ(parse_number(text), value) << text;
  EXPECT_TRUE(std::isnan(*parse_number("NaN")));
  for (const char* text : {"", "1__0", "_1", "1_", "5m", "0x", "e5", "1e", "--1"}) {
    EXPECT_FALSE(parse_number(text)) << text;
  }
}

TEST(Literal, PrometheusDurations) {
  const std::map<std::string, int64_t> cases = {
      {"5m", 300'000}, {"1h30m", 5'400'000}, {"1d", 86'400'000}, {"250ms", 250}, {"0", 0}};
  for (const auto& [text, ms] : cases) EXPECT_EQ(*parse_duration_ms(text), ms) << text;
  for (const char* text : {"", "5", "1m1h", "5q", "1.5h", "m", "99999999999999999y"}) {
    EXPECT_FALSE(parse_duration_ms(text)) << text;
  }
  EXPECT_EQ(format_duration_ms(5'400'000), "1h30m");
  EXPECT_EQ(format_duration_ms(8 * 86'400'000LL), "8d");
  EXPECT_EQ(format_duration_ms(14 * 86'400'000LL), "2w");
}

TEST(Literal, GoDurationsAndBytes) {
  EXPECT_EQ(parse_duration_ns("1.5h"), 5'400'000'000'000);
  EXPECT_EQ(parse_duration_ns("-20ms"), -20'000'000);
  EXPECT_EQ(parse_duration_ns("1d"), 86'400'000'000'000);
  EXPECT_FALSE(parse_duration_ns("5"));
  EXPECT_EQ(format_duration_ns(5'400'000'000'000), "1h30m0s");
  EXPECT_EQ(format_duration_ns(1'500'000), "1.5ms");
  EXPECT_EQ(format_duration_ns(1'050'000'000), "1.05s");
  EXPECT_EQ(parse_bytes("1.5KiB"), 1536);
  EXPECT_EQ(parse_bytes("10 MB"), 1e7);
  EXPECT_FALSE(parse_bytes("10xB"));
}

TEST(Literal, Strings) {
  EXPECT_EQ(*unquote(R"("a\n\x41\u00e9\"")"), "a\nA\u00e9\"");
  EXPECT_EQ(*unquote(R"('it\'s')"), "it's");
  EXPECT_EQ(*unquote(R"(`a\n`)"), "a\\n");
  for (const char* text : {"\"\\q\"", "\"\\ud800\"", "\"a", "\"a\\\"", "a"}) {
    EXPECT_FALSE(unquote(text)) << text;
  }
  EXPECT_EQ(quote("a\"\n\xff"), R"("a\"\n\xff")");
}

TEST(Source, SaysLineAndColumn) {
  EXPECT_EQ(line_col("a\nbc", 3), "2:2");
  EXPECT_EQ(parse_error("x y", 2, "oops").message, "1:3: parse error: oops");
  TokenStream tokens("\n  )", make_lexer({.operators = kOperators}));
  EXPECT_EQ(tokens.unexpected("sum", "label").message,
            "2:3: parse error: unexpected \")\" in sum, expected label");
}

// Fully parenthesised, to see the tree.
Result<std::string> climb(std::string_view source) {
  TokenStream tokens(source, make_lexer({.operators = kOperators}));
  size_t depth = 0;
  std::function<Result<std::string>()> expression;
  const auto operand = [&]() -> Result<std::string> {
    if (!tokens.accept("(")) return std::string(tokens.take().text);
    TRY(std::string inner, expression());
    TRY_STATUS(tokens.expect(")", "parentheses"));
    return inner;
  };
  const auto precedence = [](const Token& token) -> std::optional<Precedence> {
    if (token.is("+") || token.is("-")) return Precedence{1};
    if (token.is("*")) return Precedence{2};
    if (token.is("^")) return Precedence{3, true};
    return std::nullopt;
  };
  const auto combine = [](std::string left, const Token& op, auto&& right) -> Result<std::string> {
    TRY(std::string r, right());
    return "(" + left + std::string(op.text) + r + ")";
  };
  expression = [&] {
    return parse_binary<std::string>(tokens, 0, operand, precedence, combine, depth);
  };
  return expression();
}

TEST(Pratt, Climbs) {
  EXPECT_EQ(*climb("1+2*3-4"), "((1+(2*3))-4)");
  EXPECT_EQ(*climb("2^3^2*5"), "((2^(3^2))*5)");
  EXPECT_EQ(*climb("(1+2)*3"), "((1+2)*3)");
  EXPECT_FALSE(climb(std::string(100'000, '(')));
  EXPECT_NE(climb(std::string(100'000, '(')).error().message.find("nested deeper"),
            std::string::npos);
  std::string chain = "1";
  for (int i = 0; i < 100'000; i++) chain += "+1";
  EXPECT_NE(climb(chain).error().message.find("in a row"), std::string::npos);
}

TEST(Utf8, RefusesWhatIsNotOne) {
  EXPECT_TRUE(is_utf8("a\u00e9\u20ac\U0001F600"));
  for (const char* text : {"\xff", "\xc0\x80", "\xed\xa0\x80", "\xe2\x82", "\xf5\x80\x80\x80"}) {
    EXPECT_FALSE(is_utf8(text));
  }
}

}  // namespace
}  // namespace tarsier::query::syntax
