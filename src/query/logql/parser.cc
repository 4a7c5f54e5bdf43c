#include "query/logql/parser.h"

#include <fmt/format.h>

#include <algorithm>

#include "query/engine.h"
#include "query/logql/parser_base.h"
#include "query/syntax/literal.h"

namespace tarsier::query::logql {
namespace {

using syntax::Token;
using syntax::TokenKind;

struct RangeName {
  std::string_view text;
  RangeOp plain;  // without unwrap
  std::optional<RangeOp> unwrapped;
  bool needs_unwrap = false, groups = false;
};
constexpr RangeName kRanges[] = {
    {"count_over_time", RangeOp::kCount, std::nullopt},
    {"rate", RangeOp::kRate, RangeOp::kRate},
    {"bytes_over_time", RangeOp::kBytes, std::nullopt},
    {"bytes_rate", RangeOp::kBytesRate, std::nullopt},
    {"absent_over_time", RangeOp::kAbsent, RangeOp::kAbsent},
    {"rate_counter", RangeOp::kRateCounter, RangeOp::kRateCounter, true},
    {"sum_over_time", RangeOp::kSum, RangeOp::kSum, true},
    {"avg_over_time", RangeOp::kAvg, RangeOp::kAvg, true, true},
    {"min_over_time", RangeOp::kMin, RangeOp::kMin, true, true},
    {"max_over_time", RangeOp::kMax, RangeOp::kMax, true, true},
    {"first_over_time", RangeOp::kFirst, RangeOp::kFirst, true, true},
    {"last_over_time", RangeOp::kLast, RangeOp::kLast, true, true},
    {"stddev_over_time", RangeOp::kStddev, RangeOp::kStddev, true, true},
    {"stdvar_over_time", RangeOp::kStdvar, RangeOp::kStdvar, true, true},
    {"quantile_over_time", RangeOp::kQuantile, RangeOp::kQuantile, true, true},
};

constexpr std::pair<std::string_view, VectorOp> kVectors[] = {
    {"sum", VectorOp::kSum},           {"avg", VectorOp::kAvg},
    {"min", VectorOp::kMin},           {"max", VectorOp::kMax},
    {"count", VectorOp::kCount},       {"stddev", VectorOp::kStddev},
    {"stdvar", VectorOp::kStdvar},     {"topk", VectorOp::kTopk},
    {"bottomk", VectorOp::kBottomk},   {"sort", VectorOp::kSort},
    {"sort_desc", VectorOp::kSortDesc}};

struct BinaryName {
  std::string_view text;
  BinaryOp op;
  int level;
};
constexpr BinaryName kBinaries[] = {
    {"or", BinaryOp::kOr, 1},           {"and", BinaryOp::kAnd, 2},
    {"unless", BinaryOp::kUnless, 2},   {"==", BinaryOp::kEqual, 3},
    {"!=", BinaryOp::kNotEqual, 3},     {"<", BinaryOp::kLess, 3},
    {"<=", BinaryOp::kLessEqual, 3},    {">", BinaryOp::kGreater, 3},
    {">=", BinaryOp::kGreaterEqual, 3}, {"+", BinaryOp::kAdd, 4},
    {"-", BinaryOp::kSubtract, 4},      {"*", BinaryOp::kMultiply, 5},
    {"/", BinaryOp::kDivide, 5},        {"%", BinaryOp::kModulo, 5},
    {"^", BinaryOp::kPower, 6},
};

const BinaryName* binary_name(const Token& token) {
  for (const BinaryName& name : kBinaries) {
    if (token.is(name.text) || token.is_word(name.text)) return &name;
  }
  return nullptr;
}

class Parser : public LogParser {
 public:
  explicit Parser(std::string_view text) : LogParser(text) {}

  Result<Query> query() {
    Query out;
    if (tokens_.is("{")) {
      out.log.emplace();
      TRY(out.log->selector, selector());
      TRY_STATUS(stages(*out.log, nullptr));
    } else {
      TRY(out.metric, metric());
    }
    if (tokens_.peek().kind != TokenKind::kEnd) return tokens_.unexpected("query", "");
    return out;
  }

 private:
  Result<MetricPtr> metric() {
    auto precedence = [](const Token& token) -> std::optional<syntax::Precedence> {
      const BinaryName* op = binary_name(token);
      if (!op) return std::nullopt;
      return syntax::Precedence{op->level, op->op == BinaryOp::kPower};
    };
    auto combine = [this](MetricPtr left, const Token& op, const auto& right) -> Result<MetricPtr> {
      auto out = std::make_unique<Metric>();
      out->kind = Metric::Kind::kBinary;
      out->span = op.span;
      out->binary_op = binary_name(op)->op;
      out->left = std::move(left);
      TRY_STATUS(modifiers(*out));
      TRY(out->right, right());
      return out;
    };
    return syntax::parse_binary<MetricPtr>(
        tokens_, 1, [this] { return operand(); }, precedence, combine, depth_);
  }

  Status modifiers(Metric& binary) {
    binary.return_bool = tokens_.accept_word("bool");
    if (tokens_.is_word("on") || tokens_.is_word("ignoring")) {
      bool without = tokens_.take().text == "ignoring";
      TRY(std::vector<std::string> labels, names("vector matching"));
      binary.matching = Grouping{without, std::move(labels)};
    }
    if (tokens_.is_word("group_left") || tokens_.is_word("group_right")) {
      return unsupported_here(std::string(tokens_.peek().text));
    }
    return {};
  }

  Result<MetricPtr> operand() {
    if (tokens_.accept("(")) {
      TRY(MetricPtr inner, metric());
      TRY_STATUS(tokens_.expect(")", "expression"));
      return inner;
    }
    bool sign = tokens_.is("-") || tokens_.is("+");
    double factor = sign && tokens_.take().text == "-" ? -1 : 1;
    const Token token = tokens_.peek();
    if (token.kind == TokenKind::kNumber) {
      auto out = std::make_unique<Metric>();
      out->kind = Metric::Kind::kNumber;
      out->span = token.span;
      std::optional<double> value = syntax::parse_number(token.text);
      if (!value) return tokens_.unexpected("expression", "a number");
      out->parameter = factor * *value;
      tokens_.take();
      return out;
    }
    if (sign || token.kind != TokenKind::kWord) {
      return tokens_.unexpected("query", "a stream selector {...}, a function or a number");
    }
    return call(token);
  }

  Result<MetricPtr> call(const Token& token) {
    auto out = std::make_unique<Metric>();
    out->span = token.span;
    const auto* range = std::find_if(std::begin(kRanges), std::end(kRanges),
                                     [&](const auto& r) { return r.text == token.text; });
    const auto* vector = std::find_if(std::begin(kVectors), std::end(kVectors),
                                      [&](const auto& v) { return v.first == token.text; });
    if (range == std::end(kRanges) && vector == std::end(kVectors) && token.text != "vector") {
      for (std::string_view known : {"label_replace", "approx_topk", "variants"}) {
        if (token.text == known) return unsupported_here(fmt::format("{}()", known));
      }
      return tokens_.unexpected("query", "a function of LogQL");
    }
    tokens_.take();
    if (range != std::end(kRanges)) {
      TRY_STATUS(range_call(*out, *range));
    } else if (vector != std::end(kVectors)) {
      out->kind = Metric::Kind::kVector;
      out->vector_op = vector->second;
      TRY_STATUS(vector_call(*out));
    } else {
      out->kind = Metric::Kind::kVectorOf;
      TRY_STATUS(tokens_.expect("(", "vector"));
      TRY(out->parameter, number("vector"));
      TRY_STATUS(tokens_.expect(")", "vector"));
    }
    return out;
  }

  Result<double> number(std::string_view context) {
    std::optional<double> value;
    if (tokens_.peek().kind == TokenKind::kNumber)
      value = syntax::parse_number(tokens_.peek().text);
    if (!value) return tokens_.unexpected(context, "a number");
    tokens_.take();
    return *value;
  }

  Status grouping(Metric& out) {
    if (!tokens_.is_word("by") && !tokens_.is_word("without")) return {};
    bool without = tokens_.take().text == "without";
    TRY(std::vector<std::string> labels, names("grouping"));
    out.grouping = Grouping{without, std::move(labels)};
    return {};
  }

  Status vector_call(Metric& out) {
    TRY_STATUS(grouping(out));
    TRY_STATUS(tokens_.expect("(", "aggregation"));
    if (out.vector_op == VectorOp::kTopk || out.vector_op == VectorOp::kBottomk) {
      TRY(out.parameter, number("topk"));
      TRY_STATUS(tokens_.expect(",", "topk"));
    }
    TRY(out.left, metric());
    TRY_STATUS(tokens_.expect(")", "aggregation"));
    if (!out.grouping) TRY_STATUS(grouping(out));
    return {};
  }

  Result<int64_t> duration(std::string_view context) {
    bool negative = tokens_.accept("-");
    std::optional<int64_t> ns;
    if (tokens_.peek().kind == TokenKind::kDuration)
      ns = syntax::parse_duration_ns(tokens_.peek().text);
    if (!ns) return tokens_.unexpected(context, "a duration such as 5m");
    tokens_.take();
    return negative ? -*ns : *ns;
  }

  Status range_end(Metric& out) {
    TRY_STATUS(tokens_.expect("[", "range aggregation"));
    TRY(out.range_ns, duration("range"));
    if (out.range_ns <= 0) return tokens_.unexpected("range", "a duration above 0");
    TRY_STATUS(tokens_.expect("]", "range"));
    return offset(out);
  }

  Status offset(Metric& out) {
    if (!tokens_.accept_word("offset")) return {};
    TRY(out.offset_ns, duration("offset"));
    return {};
  }

  // {..} pipeline [5m] and {..} [5m] pipeline are the same.
  Status log_range(Metric& out) {
    if (tokens_.accept("(")) {
      TRY_STATUS(log_range(out));
      return tokens_.expect(")", "range aggregation");
    }
    TRY(out.log.selector, selector());
    if (tokens_.is("[")) TRY_STATUS(range_end(out));
    TRY_STATUS(stages(out.log, &out));
    if (out.range_ns == 0) TRY_STATUS(range_end(out));
    return {};
  }

  Status range_call(Metric& out, const RangeName& name) {
    syntax::DepthGuard guard(depth_);
    TRY_STATUS(guard.check(tokens_));
    out.kind = Metric::Kind::kRange;
    TRY_STATUS(tokens_.expect("(", "range aggregation"));
    if (name.plain == RangeOp::kQuantile) {
      TRY(out.parameter, number("quantile_over_time"));
      TRY_STATUS(tokens_.expect(",", "quantile_over_time"));
    }
    TRY_STATUS(log_range(out));
    TRY_STATUS(tokens_.expect(")", "range aggregation"));
    bool unwraps = out.unwrap != Unwrap::kNone;
    if (unwraps && !name.unwrapped)
      return tokens_.error_at(out.span,
                              fmt::format("invalid aggregation {} with unwrap", name.text));
    if (!unwraps && name.needs_unwrap)
      return tokens_.error_at(out.span,
                              fmt::format("invalid aggregation {} without unwrap", name.text));
    out.range_op = name.plain;
    size_t before = tokens_.peek().span.begin;
    TRY_STATUS(grouping(out));
    if (out.grouping && !name.groups)
      return tokens_.error_at({before, before},
                              fmt::format("grouping not allowed for {} aggregation", name.text));
    return {};
  }
};

}  // namespace

Result<Query> parse(std::string_view text) {
  return Parser(text).query();
}

}  // namespace tarsier::query::logql

namespace tarsier::query {

Result<std::vector<store::Matcher>> logql_matchers(std::string_view selector) {
  TRY(logql::Query query, logql::parse(selector));
  if (!query.log || !query.log->stages.empty()) {
    return invalid("only a stream selector such as {service_name=\"x\"} is allowed here");
  }
  return std::move(query.log->selector);
}

}  // namespace tarsier::query
