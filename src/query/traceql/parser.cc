#include "query/traceql/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/syntax/literal.h"
#include "query/syntax/pratt.h"
#include "query/traceql/check.h"
#include "query/traceql/names.h"

namespace tarsier::query::traceql {
namespace {

using syntax::Precedence;
using syntax::Token;
using syntax::TokenKind;

struct FieldOperator {
  std::string_view text;
  Op op;
  int level;
};
constexpr FieldOperator kFieldOperators[] = {
    {"&&", Op::kAnd, 1},      {"||", Op::kOr, 1},           {"=", Op::kEqual, 2},
    {"!=", Op::kNotEqual, 2}, {"<", Op::kLess, 2},          {"<=", Op::kLessEqual, 2},
    {">", Op::kGreater, 2},   {">=", Op::kGreaterEqual, 2}, {"=~", Op::kMatch, 2},
    {"!~", Op::kNotMatch, 2}, {"+", Op::kAdd, 3},           {"-", Op::kSubtract, 3},
    {"*", Op::kMultiply, 5},  {"/", Op::kDivide, 5},        {"%", Op::kModulo, 5},
    {"^", Op::kPower, 6},
};
constexpr int kNotLevel = 4;  // `!` binds tighter than + and looser than *

struct SetOperator {
  std::string_view text;
  SetOp op;
  bool negated, both_sides;
};
constexpr SetOperator kSetOperators[] = {
    {"&&", SetOp::kAnd, false, false},        {"||", SetOp::kOr, false, false},
    {">", SetOp::kChild, false, false},       {"<", SetOp::kParent, false, false},
    {">>", SetOp::kDescendant, false, false}, {"<<", SetOp::kAncestor, false, false},
    {"~", SetOp::kSibling, false, false},     {"!>", SetOp::kChild, true, false},
    {"!<", SetOp::kParent, true, false},      {"!>>", SetOp::kDescendant, true, false},
    {"!<<", SetOp::kAncestor, true, false},   {"!~", SetOp::kSibling, true, false},
    {"&>", SetOp::kChild, false, true},       {"&<", SetOp::kParent, false, true},
    {"&>>", SetOp::kDescendant, false, true}, {"&<<", SetOp::kAncestor, false, true},
    {"&~", SetOp::kSibling, false, true},
};

const FieldOperator* field_operator(const Token& token) {
  for (const FieldOperator& op : kFieldOperators) {
    if (token.is(op.text)) return &op;
  }
  return nullptr;
}
const SetOperator* set_operator(const Token& token) {
  for (const SetOperator& op : kSetOperators) {
    if (token.is(op.text)) return &op;
  }
  return nullptr;
}

bool is_metrics_function(std::string_view word) {
  constexpr std::string_view kNames[] = {"rate",
                                         "count_over_time",
                                         "min_over_time",
                                         "max_over_time",
                                         "avg_over_time",
                                         "sum_over_time",
                                         "quantile_over_time",
                                         "histogram_over_time",
                                         "compare",
                                         "topk",
                                         "bottomk"};
  return std::find(std::begin(kNames), std::end(kNames), word) != std::end(kNames);
}

class Parser {
 public:
  explicit Parser(std::string_view text) : tokens_(text, make_lexer()) {}

  Result<Query> query() {
    TRY(query_.pipeline, pipeline());
    if (tokens_.is_word("with")) return unsupported_here("query hints, with(...)");
    if (tokens_.peek().kind != TokenKind::kEnd) return tokens_.unexpected("query", "");
    TRY_STATUS(check(query_, tokens_.source()));
    return std::move(query_);
  }

 private:
  Error unsupported_here(std::string_view what) const {
    return unsupported(fmt::format("{}: TraceQL: {} not supported yet",
                                   syntax::line_col(tokens_.source(), tokens_.peek().span.begin),
                                   fmt::format("{} {}", what, what.ends_with('s') ? "are" : "is")));
  }

  Result<Pipeline> pipeline() {
    syntax::DepthGuard guard(depth_);
    TRY_STATUS(guard.check(tokens_));
    Pipeline out;
    do {
      if (out.stages.size() > syntax::kDepthMax) {
        return tokens_.error_at(tokens_.peek().span, "too many pipeline stages");
      }
      TRY(Stage next, stage());
      out.stages.push_back(std::move(next));
    } while (tokens_.accept("|"));
    return out;
  }

  Result<Stage> stage() {
    const Token& next = tokens_.peek();
    if (next.kind == TokenKind::kWord) {
      if (next.text == "by") return by();
      if (next.text == "coalesce") return coalesce();
      if (next.text == "select") return select();
      if (is_metrics_function(next.text)) {
        return unsupported_here(fmt::format("metrics function {}()", next.text));
      }
      return aggregate_filter();
    }
    Stage out;
    TRY(out.spansets, spansets());
    return out;
  }

  Result<Stage> by() {
    tokens_.take();
    Stage out;
    out.kind = Stage::Kind::kBy;
    TRY_STATUS(tokens_.expect("(", "by"));
    TRY(out.over, field());
    TRY_STATUS(tokens_.expect(")", "by"));
    return out;
  }

  Result<Stage> coalesce() {
    tokens_.take();
    Stage out;
    out.kind = Stage::Kind::kCoalesce;
    TRY_STATUS(tokens_.expect("(", "coalesce"));
    TRY_STATUS(tokens_.expect(")", "coalesce"));
    return out;
  }

  Result<Stage> select() {
    tokens_.take();
    Stage out;
    out.kind = Stage::Kind::kSelect;
    TRY_STATUS(tokens_.expect("(", "select"));
    do {
      TRY(ExprPtr attribute, operand());
      if (attribute->op != Op::kAttribute) {
        return tokens_.error_at(attribute->span, "select takes attributes");
      }
      out.selected.push_back(attribute->attribute);
    } while (tokens_.accept(","));
    TRY_STATUS(tokens_.expect(")", "select"));
    return out;
  }

  Result<Stage> aggregate_filter() {
    constexpr std::pair<std::string_view, AggregateKind> kNames[] = {
        {"count", AggregateKind::kCount},
        {"avg", AggregateKind::kAvg},
        {"min", AggregateKind::kMin},
        {"max", AggregateKind::kMax},
        {"sum", AggregateKind::kSum}};
    const auto* name = std::find_if(std::begin(kNames), std::end(kNames),
                                    [&](const auto& n) { return tokens_.is_word(n.first); });
    if (name == std::end(kNames)) {
      return tokens_.unexpected("pipeline",
                                "a spanset {...}, by, coalesce, select or an aggregate");
    }
    Stage out;
    out.kind = Stage::Kind::kAggregateFilter;
    out.aggregate = name->second;
    size_t begin = tokens_.take().span.begin;
    TRY_STATUS(tokens_.expect("(", "aggregate"));
    if (!tokens_.is(")")) {
      TRY(out.over, field());
    }
    TRY_STATUS(tokens_.expect(")", "aggregate"));
    if ((out.aggregate == AggregateKind::kCount) != !out.over) {
      return tokens_.error_at({begin, tokens_.last_end()}, out.over
                                                               ? "count takes no argument"
                                                               : "the aggregate needs an argument");
    }
    out.aggregate_text = std::string(tokens_.source().substr(begin, tokens_.last_end() - begin));
    const FieldOperator* compare = field_operator(tokens_.peek());
    if (!compare || compare->level != 2) return tokens_.unexpected("aggregate", "a comparison");
    if (compare->op == Op::kMatch || compare->op == Op::kNotMatch) {
      return tokens_.unexpected("aggregate", "a comparison of numbers");
    }
    out.compare = compare->op;
    tokens_.take();
    if (tokens_.peek().kind == TokenKind::kWord && tokens_.peek_second().is("(")) {
      return unsupported_here("comparing two aggregates");
    }
    TRY(out.threshold, operand());
    if (out.threshold->op != Op::kStatic && out.threshold->op != Op::kNegate) {
      return tokens_.error_at(out.threshold->span, "an aggregate is compared with a constant");
    }
    return out;
  }

  Result<SpansetPtr> spansets() {
    auto precedence = [](const Token& token) -> std::optional<Precedence> {
      const SetOperator* op = set_operator(token);
      if (!op) return std::nullopt;
      return Precedence{op->op == SetOp::kAnd || op->op == SetOp::kOr ? 1 : 2};
    };
    auto combine = [](SpansetPtr left, const Token& token,
                      const auto& right) -> Result<SpansetPtr> {
      const SetOperator& op = *set_operator(token);
      auto out = std::make_unique<SpansetExpr>();
      out->op = op.op;
      out->negated = op.negated;
      out->both_sides = op.both_sides;
      out->left = std::move(left);
      TRY(out->right, right());
      return out;
    };
    return syntax::parse_binary<SpansetPtr>(
        tokens_, 1, [this] { return spanset_operand(); }, precedence, combine, depth_);
  }

  Result<SpansetPtr> spanset_operand() {
    auto out = std::make_unique<SpansetExpr>();
    if (tokens_.accept("(")) {
      out->op = SetOp::kPipeline;
      TRY(Pipeline inner, pipeline());
      TRY_STATUS(tokens_.expect(")", "spanset"));
      out->pipeline = std::make_unique<Pipeline>(std::move(inner));
      return out;
    }
    if (!tokens_.accept("{")) return tokens_.unexpected("spanset", "\"{\"");
    if (!tokens_.is("}")) {
      TRY(out->filter, field());
    }
    TRY_STATUS(tokens_.expect("}", "spanset filter"));
    return out;
  }

  Result<ExprPtr> field(int level_min = 1) {
    auto precedence = [](const Token& token) -> std::optional<Precedence> {
      const FieldOperator* op = field_operator(token);
      if (!op) return std::nullopt;
      return Precedence{op->level, op->op == Op::kPower};
    };
    auto combine = [](ExprPtr left, const Token& token, const auto& right) -> Result<ExprPtr> {
      auto out = std::make_unique<Expr>();
      out->op = field_operator(token)->op;
      out->span = left->span;
      out->left = std::move(left);
      TRY(out->right, right());
      out->span.end = out->right->span.end;
      return out;
    };
    return syntax::parse_binary<ExprPtr>(
        tokens_, level_min, [this] { return operand(); }, precedence, combine, depth_);
  }

  Result<ExprPtr> unary(Op op, int level) {
    size_t begin = tokens_.take().span.begin;
    auto out = std::make_unique<Expr>();
    out->op = op;
    TRY(out->left, field(level));
    out->span = {begin, tokens_.last_end()};
    return out;
  }

  Result<ExprPtr> operand() {
    if (tokens_.is("!")) return unary(Op::kNot, kNotLevel);
    if (tokens_.is("-")) return unary(Op::kNegate, kNotLevel);
    if (tokens_.accept("(")) {
      TRY(ExprPtr inner, field());
      TRY_STATUS(tokens_.expect(")", "expression"));
      return inner;
    }
    auto out = std::make_unique<Expr>();
    out->span = tokens_.peek().span;
    TRY_STATUS(literal(*out));
    return out;
  }

  Status literal(Expr& out) {
    const Token token = tokens_.peek();
    switch (token.kind) {
      case TokenKind::kString: {
        TRY(out.text, syntax::unquote(token.text));
        out.value = {.type = Type::kString, .text = out.text};
        break;
      }
      case TokenKind::kDuration: {
        std::optional<int64_t> ns = syntax::parse_duration_ns(token.text);
        if (!ns) return tokens_.error_at(token.span, "not a duration");
        out.value = {.type = Type::kDuration, .integer = *ns};
        break;
      }
      case TokenKind::kNumber:
        TRY_STATUS(number(token, out));
        break;
      case TokenKind::kWord:
        TRY_STATUS(word(token, out));
        break;
      default:
        return tokens_.unexpected("expression", "a value or an attribute");
    }
    tokens_.take();
    return {};
  }

  Status number(const Token& token, Expr& out) {
    std::optional<double> value = syntax::parse_number(token.text);
    if (!value) return tokens_.error_at(token.span, "not a number");
    bool whole = token.text.find_first_not_of("0123456789") == std::string_view::npos;
    if (whole && *value < 9.2e18) {
      out.value = {.type = Type::kInt,
                   .integer = std::strtoll(std::string(token.text).c_str(), nullptr, 10)};
    } else {
      out.value = {.type = Type::kFloat, .real = *value};
    }
    return {};
  }

  Status word(const Token& token, Expr& out) {
    if (token.text.starts_with("parent.") || token.text == "parent") {
      return unsupported_here("the parent scope");
    }
    if (std::optional<Attribute> attribute = parse_attribute(token.text)) {
      out.op = Op::kAttribute;
      auto& seen = query_.mentioned;
      if (std::find(seen.begin(), seen.end(), *attribute) == seen.end()) seen.push_back(*attribute);
      out.attribute = std::move(*attribute);
      return {};
    }
    if (std::optional<Static> value = keyword(token.text)) {
      out.value = *value;
      return {};
    }
    return tokens_.unexpected("expression",
                              "a value, an intrinsic, or an attribute such as span.x or .x");
  }

  syntax::TokenStream tokens_;
  size_t depth_ = 0;
  Query query_;
};

bool is_literal(const Token& token) {
  return token.kind == TokenKind::kString || token.kind == TokenKind::kNumber ||
         token.kind == TokenKind::kDuration ||
         (token.kind == TokenKind::kWord && keyword(token.text));
}

}  // namespace

Result<Query> parse(std::string_view text) {
  return Parser(text).query();
}

Result<Query> parse_lenient(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) return parse("{}");
  if (Result<Query> whole = parse(text)) return whole;
  std::string conditions;
  syntax::TokenStream tokens(text, make_lexer());
  Token before[2];
  while (tokens.peek().kind != TokenKind::kEnd && tokens.peek().kind != TokenKind::kError) {
    Token token = tokens.take();
    bool complete = before[0].kind == TokenKind::kWord && parse_attribute(before[0].text) &&
                    field_operator(before[1]) && field_operator(before[1])->level == 2 &&
                    is_literal(token);
    if (complete) {
      conditions += fmt::format("{}{} {} {}", conditions.empty() ? "" : " && ", before[0].text,
                                before[1].text, token.text);
    }
    before[0] = std::move(before[1]);
    before[1] = std::move(token);
  }
  Result<Query> reduced = parse("{ " + conditions + " }");
  return reduced ? std::move(reduced) : parse("{}");
}

}  // namespace tarsier::query::traceql
