#include <cmath>

#include "query/promql/parser_impl.h"
#include "query/syntax/literal.h"

namespace tarsier::query::promql {

using syntax::Precedence;
using syntax::Token;
using syntax::TokenKind;

namespace {

constexpr int kMulLevel = 2, kPowLevel = 3;
constexpr double kSecondsMax = 9'223'372'036.0;  // of 64 bits of nanoseconds

std::optional<Precedence> duration_precedence(const Token& token) {
  if (token.is("+") || token.is("-")) return Precedence{1};
  if (token.is("*") || token.is("/") || token.is("%")) return Precedence{kMulLevel};
  if (token.is("^")) return Precedence{kPowLevel};
  return std::nullopt;
}

Op duration_op(std::string_view text) {
  switch (text[0]) {
    case '+':
      return Op::kAdd;
    case '-':
      return Op::kSub;
    case '*':
      return Op::kMul;
    case '/':
      return Op::kDiv;
    case '%':
      return Op::kMod;
    default:
      return Op::kPow;
  }
}

DurationPtr unary_duration(const Token& op, DurationPtr operand) {
  if (op.text == "+") return operand;
  if (operand->kind == Duration::Kind::kLiteral && !operand->parenthesised) {
    operand->seconds = -operand->seconds;
    operand->span.begin = op.span.begin;
    return operand;
  }
  auto out = std::make_unique<Duration>();
  out->kind = Duration::Kind::kUnary;
  out->op = Op::kSub;
  out->span = {op.span.begin, operand->span.end};
  out->right = std::move(operand);
  return out;
}

bool starts_duration(const Token& token) {
  const std::string word = keyword(token);
  return token.kind == TokenKind::kNumber || token.kind == TokenKind::kDuration || token.is("(") ||
         token.is("+") || token.is("-") || word == "step" || word == "range" || word == "min_of" ||
         word == "max_of";
}

}  // namespace

Result<Length> Parser::to_length(DurationPtr duration) const {
  if (duration->kind != Duration::Kind::kLiteral || duration->parenthesised) {
    return Length{0, std::move(duration)};
  }
  if (std::abs(duration->seconds) > kSecondsMax) {
    return tokens_.error_at(duration->span, "duration out of range");
  }
  return Length{std::llround(duration->seconds * 1000), nullptr};
}

// Inside [ ]: greater than zero, as far as that can be told now.
Result<Length> Parser::range_length() {
  if (!starts_duration(tokens_.peek())) {
    return unexpected("subquery or range selector", "number, duration, step(), or range()");
  }
  TRY(DurationPtr expr, duration(0));
  const Span span = expr->span;
  TRY(Length length, to_length(std::move(expr)));
  if (!length.expr && length.ms <= 0) {
    return tokens_.error_at(span, "duration must be greater than 0");
  }
  return length;
}

// Behind offset a bare number takes no operators: foo offset -2 ^ 2 is (foo offset -2) ^ 2.
Result<Length> Parser::offset_length() {
  if (!starts_duration(tokens_.peek())) {
    return unexpected("offset", "number, duration, step(), or range()");
  }
  if (tokens_.is("(")) {
    TRY(DurationPtr expr, duration(0));
    return to_length(std::move(expr));
  }
  std::optional<Token> sign;
  if (tokens_.is("+") || tokens_.is("-")) sign = tokens_.take();
  if (!starts_duration(tokens_.peek()) || tokens_.is("+") || tokens_.is("-")) {
    return unexpected("offset", "number, duration, step(), or range()");
  }
  TRY(DurationPtr expr, duration_primary());
  if (sign) expr = unary_duration(*sign, std::move(expr));
  return to_length(std::move(expr));
}

Result<DurationPtr> Parser::duration(int level_min) {
  const auto combine = [this](DurationPtr left, const Token& op,
                              auto&& right) -> Result<DurationPtr> {
    auto out = std::make_unique<Duration>();
    out->kind = Duration::Kind::kBinary;
    out->op = duration_op(op.text);
    TRY(out->right, right());
    const bool divides = out->op == Op::kDiv || out->op == Op::kMod;
    if (divides && out->right->kind == Duration::Kind::kLiteral && out->right->seconds == 0) {
      return tokens_.error_at(op.span, out->op == Op::kDiv ? "division by zero" : "modulo by zero");
    }
    out->left = std::move(left);
    out->span = {out->left->span.begin, out->right->span.end};
    return out;
  };
  return syntax::parse_binary<DurationPtr>(
      tokens_, level_min, [this] { return duration_operand(); }, duration_precedence, combine,
      depth_);
}

Result<DurationPtr> Parser::duration_operand() {
  if (!tokens_.is("+") && !tokens_.is("-")) return duration_primary();
  const Token op = tokens_.take();
  TRY(DurationPtr operand, duration(kPowLevel));
  return unary_duration(op, std::move(operand));
}

Result<DurationPtr> Parser::duration_primary() {
  const Token token = tokens_.peek();
  auto out = std::make_unique<Duration>();
  const std::string word = keyword(token);
  if (token.is("(")) {
    tokens_.take();
    TRY(out, duration(0));
    TRY_STATUS(expect(")"));
    out->parenthesised = true;
  } else if (word == "step" || word == "range") {
    tokens_.take();
    TRY_STATUS(expect("("));
    TRY_STATUS(expect(")"));
    out->kind = word == "step" ? Duration::Kind::kStep : Duration::Kind::kRange;
  } else if (word == "min_of" || word == "max_of") {
    tokens_.take();
    TRY_STATUS(expect("("));
    TRY(out->left, duration(0));
    TRY_STATUS(expect(","));
    TRY(out->right, duration(0));
    TRY_STATUS(expect(")"));
    out->kind = word == "min_of" ? Duration::Kind::kMinOf : Duration::Kind::kMaxOf;
  } else if (token.kind == TokenKind::kNumber || token.kind == TokenKind::kDuration) {
    TRY(ExprPtr literal, number());
    out->seconds = literal->as<NumberLiteral>()->value;
    out->with_unit = literal->as<NumberLiteral>()->duration;
  } else {
    return unexpected("subquery or range selector", "number, duration, step(), or range()");
  }
  out->span = {token.span.begin, tokens_.last_end()};
  return out;
}

}  // namespace tarsier::query::promql
