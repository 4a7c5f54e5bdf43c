#include "query/promql/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>

#include "query/promql/parser_impl.h"
#include "query/syntax/literal.h"

namespace tarsier::query::promql {
namespace {

using syntax::Precedence;
using syntax::Token;
using syntax::TokenKind;

constexpr int kPowLevel = 6;

struct BinaryOperator {
  Op op;
  Precedence precedence;
};

std::optional<BinaryOperator> binary_operator(const Token& token) {
  static const std::map<std::string_view, BinaryOperator> operators = {
      {"or", {Op::kOr, {1}}},           {"and", {Op::kAnd, {2}}},
      {"unless", {Op::kUnless, {2}}},   {"==", {Op::kEqual, {3}}},
      {"!=", {Op::kNotEqual, {3}}},     {"<", {Op::kLess, {3}}},
      {"<=", {Op::kLessEqual, {3}}},    {">", {Op::kGreater, {3}}},
      {">=", {Op::kGreaterEqual, {3}}}, {"</", {Op::kTrimUpper, {3}}},
      {">/", {Op::kTrimLower, {3}}},    {"+", {Op::kAdd, {4}}},
      {"-", {Op::kSub, {4}}},           {"*", {Op::kMul, {5}}},
      {"/", {Op::kDiv, {5}}},           {"%", {Op::kMod, {5}}},
      {"atan2", {Op::kAtan2, {5}}},     {"^", {Op::kPow, {kPowLevel, true}}},
  };
  const std::string word = keyword(token);
  if (token.kind != TokenKind::kOperator && word.empty()) return std::nullopt;
  const auto at = operators.find(word.empty() ? token.text : word);
  if (at == operators.end()) return std::nullopt;
  return at->second;
}

std::optional<Aggregator> aggregator(std::string_view word) {
  for (int i = 0; i <= static_cast<int>(Aggregator::kLimitRatio); i++) {
    if (aggregator_name(static_cast<Aggregator>(i)) == word) return static_cast<Aggregator>(i);
  }
  return std::nullopt;
}

// Keywords that cannot be the name of a metric.
bool reserved(std::string_view word) {
  return word == "on" || word == "ignoring" || word == "group_left" || word == "group_right" ||
         word == "bool" || word == "atan2";
}

// Step, range, ... are functions too when a parenthesis follows.
bool function_keyword(std::string_view word) {
  return word == "start" || word == "end" || word == "step" || word == "range" ||
         word == "min_of" || word == "max_of";
}

}  // namespace

Result<ExprPtr> parse(std::string_view query) {
  Parser parser(query);
  TRY(ExprPtr expr, parser.query());
  TRY_STATUS(check_types(query, *expr));
  return expr;
}

Result<VectorSelector> parse_selector(std::string_view text) {
  return Parser(text).selector_only();
}

Error Parser::unexpected(std::string_view context, std::string_view expected) const {
  const Token& token = tokens_.peek();
  if (token.kind == TokenKind::kError) return tokens_.error_at(token.span, token.message);
  if (context.empty() && in_aggregation_ > 0) context = "aggregation";
  std::string message = "unexpected " + describe_token(token);
  if (!context.empty()) message += fmt::format(" in {}", context);
  if (!expected.empty()) message += fmt::format(", expected {}", expected);
  return tokens_.error_at(token.span, message);
}

bool Parser::accept_keyword(std::string_view word) {
  if (!is_keyword(word)) return false;
  tokens_.take();
  return true;
}

Status Parser::expect(std::string_view op, std::string_view context) {
  if (tokens_.accept(op)) return {};
  return unexpected(context, context.empty() ? std::string() : syntax::quote(op));
}

Result<std::string> Parser::string_value() {
  const Token token = tokens_.take();
  Result<std::string> value = syntax::unquote(token.text);
  if (!value) return tokens_.error_at(token.span, value.error().message);
  return value;
}

Result<ExprPtr> Parser::query() {
  if (tokens_.peek().kind == TokenKind::kEnd) {
    constexpr std::string_view kNothing = "no expression found in input";
    if (tokens_.source().empty()) {
      return invalid(fmt::format("unknown position: parse error: {}", kNothing));
    }
    return tokens_.error_at({0, 0}, kNothing);
  }
  TRY(ExprPtr expr, expression(0));
  if (tokens_.peek().kind != TokenKind::kEnd) return unexpected();
  return expr;
}

Result<ExprPtr> Parser::expression(int level_min) {
  const auto precedence = [](const Token& token) -> std::optional<Precedence> {
    const auto op = binary_operator(token);
    if (!op) return std::nullopt;
    return op->precedence;
  };
  const auto combine = [this](ExprPtr left, const Token& token, auto&& right) -> Result<ExprPtr> {
    Binary binary;
    binary.op = binary_operator(token)->op;
    binary.op_span = token.span;
    TRY_STATUS(modifiers(binary));
    TRY(binary.right, right());
    binary.left = std::move(left);
    const Span span{binary.left->span.begin, binary.right->span.end};
    return make_expr(span, std::move(binary));
  };
  return syntax::parse_binary<ExprPtr>(
      tokens_, level_min, [this] { return operand(); }, precedence, combine, depth_);
}

Result<ExprPtr> Parser::operand() {
  if (!tokens_.is("+") && !tokens_.is("-")) return primary();
  const Token op = tokens_.take();
  TRY(ExprPtr inner, expression(kPowLevel));
  const bool negative = op.text == "-";
  if (auto* literal = inner->as<NumberLiteral>()) {
    if (negative) literal->value = -literal->value;
    inner->span.begin = op.span.begin;
    return inner;
  }
  const Span span{op.span.begin, inner->span.end};
  return make_expr(span, Unary{negative, std::move(inner)});
}

Result<ExprPtr> Parser::primary() {
  const Token& next = tokens_.peek();
  ExprPtr expr;
  if (next.is("(")) {
    const size_t begin = tokens_.take().span.begin;
    TRY(ExprPtr inner, expression(0));
    TRY_STATUS(expect(")"));
    expr = make_expr({begin, tokens_.last_end()}, Paren{std::move(inner)});
  } else if (next.is("{")) {
    TRY(expr, vector_selector(nullptr));
  } else if (next.kind == TokenKind::kNumber || next.kind == TokenKind::kDuration) {
    TRY(expr, number());
  } else if (next.kind == TokenKind::kString) {
    const Span span = next.span;
    TRY(std::string value, string_value());
    expr = make_expr(span, StringLiteral{std::move(value)});
  } else if (next.kind == TokenKind::kWord) {
    TRY(expr, word());
  } else {
    return unexpected();
  }
  return suffixes(std::move(expr));
}

Result<ExprPtr> Parser::number() {
  const Token token = tokens_.take();
  if (token.kind != TokenKind::kDuration) {
    return make_expr(token.span, NumberLiteral{*syntax::parse_number(token.text), false});
  }
  const Result<int64_t> ms = syntax::parse_duration_ms(token.text);
  if (!ms) return tokens_.error_at(token.span, ms.error().message);
  return make_expr(token.span, NumberLiteral{static_cast<double>(*ms) / 1000, true});
}

Result<ExprPtr> Parser::word() {
  const std::string word = keyword(tokens_.peek());
  if (word == "inf" || word == "nan") return number();
  if (reserved(word)) return unexpected();
  const Token name = tokens_.take();
  if (aggregator(word) && (tokens_.is("(") || is_keyword("by") || is_keyword("without"))) {
    return aggregate(name);
  }
  const bool metric = name.text.find(':') != std::string_view::npos;
  if (tokens_.is("(") && !metric && (word.empty() || function_keyword(word))) return call(name);
  return vector_selector(&name);
}

Result<ExprPtr> Parser::call(const Token& name) {
  const Function* function = find_function(name.text);
  TRY(std::vector<ExprPtr> args, arguments());
  if (function == nullptr) {
    return tokens_.error_at(name.span, "unknown function with name " + syntax::quote(name.text));
  }
  return make_expr({name.span.begin, tokens_.last_end()}, Call{function, std::move(args)});
}

Result<std::vector<ExprPtr>> Parser::arguments() {
  TRY_STATUS(expect("("));
  std::vector<ExprPtr> args;
  if (tokens_.accept(")")) return args;
  while (true) {
    TRY(ExprPtr arg, expression(0));
    args.push_back(std::move(arg));
    if (tokens_.accept(")")) return args;
    const Span comma = tokens_.peek().span;
    TRY_STATUS(expect(","));
    if (tokens_.is(")")) {
      return tokens_.error_at(comma, "trailing commas not allowed in function call args");
    }
  }
}

Result<ExprPtr> Parser::aggregate(const Token& name) {
  Aggregate aggregate;
  aggregate.op = *aggregator(keyword(name));
  bool grouped = false;
  TRY_STATUS(grouping(aggregate, grouped));
  if (!tokens_.is("(")) return unexpected("aggregation");
  in_aggregation_++;
  TRY(std::vector<ExprPtr> args, arguments());
  in_aggregation_--;
  Span span{name.span.begin, tokens_.last_end()};
  if (!grouped) TRY_STATUS(grouping(aggregate, grouped));
  span.end = tokens_.last_end();
  const size_t wanted = has_parameter(aggregate.op) ? 2 : 1;
  if (args.empty()) {
    return tokens_.error_at(span, "no arguments for aggregate expression provided");
  }
  if (args.size() != wanted) {
    return tokens_.error_at(
        span, fmt::format("wrong number of arguments for aggregate expression provided, expected "
                          "{}, got {}",
                          wanted, args.size()));
  }
  if (wanted == 2) aggregate.param = std::move(args[0]);
  aggregate.expr = std::move(args.back());
  return make_expr(span, std::move(aggregate));
}

Status Parser::grouping(Aggregate& aggregate, bool& found) {
  if (!is_keyword("by") && !is_keyword("without")) return {};
  aggregate.without = is_keyword("without");
  tokens_.take();
  TRY(aggregate.grouping, label_list());
  found = true;
  return {};
}

Result<std::vector<std::string>> Parser::label_list() {
  constexpr std::string_view kContext = "grouping opts";
  if (!tokens_.accept("(")) return unexpected(kContext, "\"(\"");
  std::vector<std::string> labels;
  while (!tokens_.accept(")")) {
    const Token& next = tokens_.peek();
    const std::string word = keyword(next);
    if (next.kind == TokenKind::kString) {
      const Span span = next.span;
      TRY(std::string label, string_value());
      if (label.empty()) {
        return tokens_.error_at(span, "invalid label name for grouping: \"\"");
      }
      labels.push_back(std::move(label));
    } else if (next.kind == TokenKind::kWord && word != "inf" && word != "nan") {
      labels.emplace_back(tokens_.take().text);
    } else {
      return unexpected(kContext, "label");
    }
    if (tokens_.is(")")) continue;
    if (!tokens_.accept(",")) return unexpected(kContext, "\",\" or \")\"");
  }
  return labels;
}

Status Parser::modifiers(Binary& binary) {
  binary.return_bool = accept_keyword("bool");
  Matching matching;
  if (is_keyword("on") || is_keyword("ignoring")) {
    matching.on = is_keyword("on");
    tokens_.take();
    TRY(matching.labels, label_list());
    const bool left = is_keyword("group_left");
    if (left || is_keyword("group_right")) {
      tokens_.take();
      matching.cardinality = left ? Cardinality::kManyToOne : Cardinality::kOneToMany;
      if (tokens_.is("(")) {
        TRY(matching.include, label_list());
      }
    }
  }
  TRY_STATUS(fill_modifiers(matching));
  binary.matching = std::move(matching);
  return {};
}

// fill is a keyword only in front of a parenthesis, so that metrics may be called that.
bool Parser::fill_ahead(std::string_view name) const {
  if (!is_keyword(name)) return false;
  const std::string_view rest = tokens_.source().substr(tokens_.peek().span.end);
  const size_t next = rest.find_first_not_of(" \t\r\n");
  return next != std::string_view::npos && rest[next] == '(';
}

Status Parser::fill_modifiers(Matching& matching) {
  if (fill_ahead("fill")) {
    tokens_.take();
    TRY(double value, fill_value());
    matching.fill_left = matching.fill_right = value;
    return {};
  }
  for (int i = 0; i < 2; i++) {
    const bool left = fill_ahead("fill_left") && !matching.fill_left;
    if (!left && !(fill_ahead("fill_right") && !matching.fill_right)) return {};
    tokens_.take();
    TRY(double value, fill_value());
    (left ? matching.fill_left : matching.fill_right) = value;
  }
  return {};
}

Result<double> Parser::fill_value() {
  TRY_STATUS(expect("("));
  const bool negative = tokens_.is("-");
  if (negative || tokens_.is("+")) tokens_.take();
  const TokenKind kind = tokens_.peek().kind;
  const std::string word = keyword(tokens_.peek());
  if (kind != TokenKind::kNumber && kind != TokenKind::kDuration && word != "inf" &&
      word != "nan") {
    return unexpected();
  }
  TRY(ExprPtr literal, number());
  TRY_STATUS(expect(")"));
  const double value = literal->as<NumberLiteral>()->value;
  return negative ? -value : value;
}

}  // namespace tarsier::query::promql
