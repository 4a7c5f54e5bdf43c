#include <fmt/format.h>

#include <algorithm>

#include "query/promql/matcher.h"
#include "query/promql/parser.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

// Children first, so that the innermost mistake is the one reported.
class Checker {
 public:
  explicit Checker(std::string_view query) : query_(query) {}

  Status check(Expr& expr) {
    return std::visit([&](auto& node) { return check(expr, node); }, expr.node);
  }

 private:
  Error error(Span span, std::string_view message) const {
    return syntax::parse_error(query_, span.begin, message);
  }

  Status check(Expr&, NumberLiteral&) { return {}; }
  Status check(Expr&, StringLiteral&) { return {}; }
  Status check(Expr&, Paren& paren) { return check(*paren.expr); }
  Status check(Expr&, MatrixSelector& matrix) { return check(*matrix.vector); }

  Status check(Expr& expr, VectorSelector& selector) {
    const auto names_metric = [](const store::Matcher& m) { return m.name == model::kMetricName; };
    if (!selector.name.empty()) {
      const auto twice =
          std::find_if(selector.matchers.begin(), selector.matchers.end() - 1, names_metric);
      if (twice == selector.matchers.end() - 1) return {};
      return error(expr.span,
                   fmt::format("metric name must not be set twice: {} or {}",
                               syntax::quote(selector.name), syntax::quote(twice->value)));
    }
    if (std::ranges::all_of(selector.matchers, matches_empty)) {
      return error(expr.span, "vector selector must contain at least one non-empty matcher");
    }
    return {};
  }

  Status check(Expr& expr, Subquery& subquery) {
    TRY_STATUS(check(*subquery.expr));
    const ValueType type = subquery.expr->type();
    if (type == ValueType::kVector) return {};
    const std::string_view name = type == ValueType::kMatrix ? "matrix" : type_name(type);
    return error(expr.span,
                 fmt::format("subquery is only allowed on instant vector, got {} instead", name));
  }

  Status check(Expr& expr, Unary& unary) {
    TRY_STATUS(check(*unary.expr));
    const ValueType type = unary.expr->type();
    if (type == ValueType::kScalar || type == ValueType::kVector) return {};
    return error(expr.span, fmt::format("unary expression only allowed on expressions of type "
                                        "scalar or instant vector, got \"{}\"",
                                        type_name(type)));
  }

  Status expect(Expr& expr, ValueType wanted, std::string_view context) {
    TRY_STATUS(check(expr));
    if (expr.type() == wanted) return {};
    return error(expr.span, fmt::format("expected type {} in {}, got {}", type_name(wanted),
                                        context, type_name(expr.type())));
  }

  Status check(Expr&, Aggregate& aggregate) {
    TRY_STATUS(expect(*aggregate.expr, ValueType::kVector, "aggregation expression"));
    if (!aggregate.param) return {};
    const bool text = aggregate.op == Aggregator::kCountValues;
    return expect(*aggregate.param, text ? ValueType::kString : ValueType::kScalar,
                  "aggregation parameter");
  }

  Status check(Expr& expr, Call& call) {
    const Function& function = *call.function;
    const size_t given = call.args.size(), named = function.args.size();
    if (function.variadic == 0 && given != named) {
      return error(expr.span, fmt::format("expected {} argument(s) in call to \"{}\", got {}",
                                          named, function.name, given));
    }
    if (function.variadic != 0 && given + 1 < named) {
      return error(expr.span,
                   fmt::format("expected at least {} argument(s) in call to \"{}\", got {}",
                               named - 1, function.name, given));
    }
    const auto variadic = static_cast<size_t>(std::max(function.variadic, 0));
    if (variadic > 0 && given > named - 1 + variadic) {
      return error(expr.span,
                   fmt::format("expected at most {} argument(s) in call to \"{}\", got {}",
                               named - 1 + variadic, function.name, given));
    }
    if (!function.supported) {
      return unsupported(fmt::format("{}: function \"{}\" is not supported",
                                     syntax::line_col(query_, expr.span.begin), function.name));
    }
    for (size_t i = 0; i < given; i++) {
      TRY_STATUS(check(*call.args[i]));
      const ValueType wanted = arg_type(function, i), got = call.args[i]->type();
      if (got == wanted) continue;
      return error(call.args[i]->span,
                   fmt::format("expected type {} in call to function \"{}\", got {}",
                               type_name(wanted), function.name, type_name(got)));
    }
    return {};
  }

  Status check(Expr& expr, Binary& binary) {
    TRY_STATUS(check(*binary.left));
    TRY_STATUS(check(*binary.right));
    const ValueType left = binary.left->type(), right = binary.right->type();
    Matching& matching = *binary.matching;
    if (binary.return_bool && !is_comparison(binary.op)) {
      return error(binary.op_span, "bool modifier can only be used on comparison operators");
    }
    if (is_comparison(binary.op) && !binary.return_bool && left == ValueType::kScalar &&
        right == ValueType::kScalar) {
      return error(binary.op_span, "comparisons between scalars must use BOOL modifier");
    }
    if (is_set_operator(binary.op) && matching.cardinality == Cardinality::kOneToOne) {
      matching.cardinality = Cardinality::kManyToMany;
    }
    for (const std::string& label : matching.labels) {
      if (matching.on && std::ranges::count(matching.include, label) > 0) {
        return error(binary.op_span,
                     fmt::format("label {} must not occur in ON and GROUP clause at once",
                                 syntax::quote(label)));
      }
    }
    for (const Expr* side : {binary.left.get(), binary.right.get()}) {
      if (side->type() != ValueType::kScalar && side->type() != ValueType::kVector) {
        return error(side->span,
                     "binary expression must contain only scalar and instant vector types");
      }
    }
    return check_matching(expr, binary, left == ValueType::kVector && right == ValueType::kVector);
  }

  Status check_matching(const Expr& expr, Binary& binary, bool vectors) {
    const Matching& matching = *binary.matching;
    const bool fills = matching.fill_left || matching.fill_right;
    if (!vectors) {
      if (!matching.labels.empty()) {
        return error(expr.span, "vector matching only allowed between instant vectors");
      }
      if (fills) {
        return error(expr.span, "filling in missing series only allowed between instant vectors");
      }
      binary.matching.reset();
      if (!is_set_operator(binary.op)) return check_supported(binary);
      return error(expr.span,
                   fmt::format("set operator \"{}\" not allowed in binary scalar expression",
                               op_text(binary.op)));
    }
    if (is_set_operator(binary.op) && matching.cardinality != Cardinality::kManyToMany) {
      return error(expr.span,
                   fmt::format("no grouping allowed for \"{}\" operation", op_text(binary.op)));
    }
    if (is_set_operator(binary.op) && fills) {
      return error(expr.span, "filling in missing series not allowed for set operators");
    }
    return check_supported(binary);
  }

  Status check_supported(const Binary& binary) const {
    if (binary.op != Op::kTrimUpper && binary.op != Op::kTrimLower) return {};
    return unsupported(
        fmt::format("{}: operator \"{}\" works on native histograms, which are not supported",
                    syntax::line_col(query_, binary.op_span.begin), op_text(binary.op)));
  }

  std::string_view query_;
};

}  // namespace

Status check_types(std::string_view query, Expr& expr) {
  return Checker(query).check(expr);
}

}  // namespace tarsier::query::promql
