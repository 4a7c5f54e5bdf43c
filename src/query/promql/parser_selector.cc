#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "query/promql/matcher.h"
#include "query/promql/parser_impl.h"
#include "query/syntax/literal.h"

namespace tarsier::query::promql {

using syntax::Token;
using syntax::TokenKind;

Result<VectorSelector> Parser::selector_only() {
  ExprPtr expr;
  if (tokens_.peek().kind == TokenKind::kWord) {
    const Token name = tokens_.take();
    TRY(expr, vector_selector(&name));
  } else if (tokens_.is("{")) {
    TRY(expr, vector_selector(nullptr));
  } else {
    return unexpected();
  }
  if (tokens_.peek().kind != TokenKind::kEnd) return unexpected();
  return std::move(*expr->as<VectorSelector>());
}

Result<ExprPtr> Parser::vector_selector(const Token* name) {
  VectorSelector selector;
  Span span = name != nullptr ? name->span : tokens_.peek().span;
  if (tokens_.is("{")) {
    TRY_STATUS(matchers(selector));
    span.end = tokens_.last_end();
  }
  if (name != nullptr) {
    selector.name = name->text;
    selector.matchers.push_back(
        {store::MatchKind::kEqual, std::string(model::kMetricName), selector.name});
  }
  return make_expr(span, std::move(selector));
}

Status Parser::matchers(VectorSelector& selector) {
  tokens_.take();
  while (!tokens_.accept("}")) {
    TRY_STATUS(matcher(selector));
    if (tokens_.is("}")) continue;
    if (!tokens_.accept(",")) return unexpected("label matching", "\",\" or \"}\"");
  }
  return {};
}

Status Parser::matcher(VectorSelector& selector) {
  constexpr std::string_view kContext = "label matching";
  const Token name = tokens_.peek();
  store::Matcher matcher;
  if (name.kind == TokenKind::kString) {
    TRY(matcher.name, string_value());
  } else if (name.kind == TokenKind::kWord) {
    matcher.name = tokens_.take().text;
  } else {
    return unexpected(kContext, "identifier or \"}\"");
  }
  static constexpr std::pair<std::string_view, store::MatchKind> kKinds[] = {
      {"=", store::MatchKind::kEqual},
      {"!=", store::MatchKind::kNotEqual},
      {"=~", store::MatchKind::kRegex},
      {"!~", store::MatchKind::kNotRegex}};
  const auto* kind = std::find_if(std::begin(kKinds), std::end(kKinds),
                                  [this](const auto& entry) { return tokens_.is(entry.first); });
  if (kind == std::end(kKinds)) {
    // A string alone is the metric's name.
    if (name.kind != TokenKind::kString) return unexpected(kContext, "label matching operator");
    selector.matchers.push_back(
        {store::MatchKind::kEqual, std::string(model::kMetricName), std::move(matcher.name)});
    return {};
  }
  tokens_.take();
  matcher.kind = kind->second;
  if (tokens_.peek().kind != TokenKind::kString) return unexpected(kContext, "string");
  TRY(matcher.value, string_value());
  const Status valid = check_regex(matcher);
  if (!valid) return tokens_.error_at(name.span, valid.error().message);
  selector.matchers.push_back(std::move(matcher));
  return {};
}

Result<ExprPtr> Parser::suffixes(ExprPtr expr) {
  while (true) {
    if (tokens_.is("[")) {
      TRY(expr, range_or_subquery(std::move(expr)));
    } else if (accept_keyword("offset")) {
      TRY_STATUS(offset(*expr));
    } else if (tokens_.accept("@")) {
      TRY_STATUS(at(*expr));
    } else if (is_keyword("anchored") || is_keyword("smoothed")) {
      const bool anchored = is_keyword("anchored");
      tokens_.take();
      TRY_STATUS(extended(*expr, anchored));
    } else {
      return expr;
    }
  }
}

Result<ExprPtr> Parser::range_or_subquery(ExprPtr expr) {
  const Span open = tokens_.take().span;
  TRY(Length range, range_length());
  if (tokens_.accept(":")) {
    Subquery subquery;
    if (!tokens_.is("]")) {
      const TokenKind kind = tokens_.peek().kind;
      if (kind == TokenKind::kEnd || kind == TokenKind::kError) {
        return unexpected("subquery selector", "number, duration, step(), range(), or \"]\"");
      }
      TRY(subquery.step, range_length());
    }
    TRY_STATUS(expect("]", "subquery selector"));
    const Span span{expr->span.begin, tokens_.last_end()};
    subquery.range = std::move(range);
    subquery.expr = std::move(expr);
    return make_expr(span, std::move(subquery));
  }
  if (!tokens_.accept("]")) return unexpected("subquery or range", "\":\" or \"]\"");
  const auto* vector = expr->as<VectorSelector>();
  if (vector == nullptr) {
    return tokens_.error_at(open, "ranges only allowed for vector selectors");
  }
  if (vector->shift.offset.ms != 0 || vector->shift.offset.expr) {
    return tokens_.error_at(open, "no offset modifiers allowed before range");
  }
  if (vector->shift.at != AtKind::kNone) {
    return tokens_.error_at(open, "no @ modifiers allowed before range");
  }
  const Span span{expr->span.begin, tokens_.last_end()};
  return make_expr(span, MatrixSelector{std::move(expr), std::move(range)});
}

// Where a modifier behind the expression goes.
Result<TimeShift*> Parser::shift_of(Expr& expr, std::string_view modifier) {
  if (auto* vector = expr.as<VectorSelector>()) return &vector->shift;
  if (auto* matrix = expr.as<MatrixSelector>()) {
    return &matrix->vector->as<VectorSelector>()->shift;
  }
  if (auto* subquery = expr.as<Subquery>()) return &subquery->shift;
  return tokens_.error_at(
      expr.span, fmt::format("{} modifier must be preceded by an instant vector selector or range "
                             "vector selector or a subquery",
                             modifier));
}

Status Parser::offset(Expr& expr) {
  TRY(Length length, offset_length());
  TRY(TimeShift * shift, shift_of(expr, "offset"));
  if (shift->offset.ms != 0 || shift->offset.expr) {
    return tokens_.error_at(expr.span, "offset may not be set multiple times");
  }
  shift->offset = std::move(length);
  expr.span.end = tokens_.last_end();
  return {};
}

Status Parser::at(Expr& expr) {
  const bool start = is_keyword("start");
  AtKind kind = AtKind::kTime;
  double seconds = 0;
  if (start || is_keyword("end")) {
    kind = start ? AtKind::kStart : AtKind::kEnd;
    tokens_.take();
    TRY_STATUS(expect("("));
    TRY_STATUS(expect(")"));
  } else {
    const bool negative = tokens_.is("-");
    if (negative || tokens_.is("+")) tokens_.take();
    const TokenKind next = tokens_.peek().kind;
    const std::string word = keyword(tokens_.peek());
    if (next != TokenKind::kNumber && next != TokenKind::kDuration && word != "inf" &&
        word != "nan") {
      return unexpected("@", "timestamp");
    }
    TRY(ExprPtr literal, number());
    seconds = literal->as<NumberLiteral>()->value * (negative ? -1 : 1);
    if (!(std::abs(seconds) < 9.2e15)) {
      return tokens_.error_at(expr.span,
                              fmt::format("timestamp out of bounds for @ modifier: {:f}", seconds));
    }
  }
  TRY(TimeShift * shift, shift_of(expr, "@"));
  if (shift->at != AtKind::kNone) {
    return tokens_.error_at(expr.span, "@ <timestamp> may not be set multiple times");
  }
  shift->at = kind;
  shift->at_ms = std::llround(std::clamp(seconds * 1000, -9.2e15, 9.2e15));
  expr.span.end = tokens_.last_end();
  return {};
}

Status Parser::extended(Expr& expr, bool anchored) {
  const std::string_view name = anchored ? "anchored" : "smoothed";
  if (expr.as<Subquery>() != nullptr) {
    return tokens_.error_at(expr.span,
                            fmt::format("{} modifier is not supported for subqueries", name));
  }
  auto* vector = expr.as<VectorSelector>();
  if (auto* matrix = expr.as<MatrixSelector>()) vector = matrix->vector->as<VectorSelector>();
  if (vector == nullptr) {
    return tokens_.error_at(expr.span, fmt::format("{} modifier not implemented", name));
  }
  (anchored ? vector->anchored : vector->smoothed) = true;
  if (vector->anchored && vector->smoothed) {
    return tokens_.error_at(expr.span, "anchored and smoothed modifiers cannot be used together");
  }
  return {};
}

}  // namespace tarsier::query::promql
