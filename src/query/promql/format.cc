#include "query/promql/format.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>

#include "query/promql/matcher.h"
#include "query/syntax/literal.h"
#include "query/syntax/source.h"

namespace tarsier::query::promql {
namespace {

constexpr size_t kLineMax = 100;

std::string label_list(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    if (!out.empty()) out += ", ";
    out += is_plain_label(label) ? label : syntax::quote(label);
  }
  return out;
}

std::string print_seconds(double seconds) {
  return syntax::format_duration_ms(std::llround(seconds * 1000));
}

std::string print(const Duration& duration) {
  std::string out;
  switch (duration.kind) {
    case Duration::Kind::kLiteral:
      out = duration.with_unit ? print_seconds(duration.seconds) : format_number(duration.seconds);
      break;
    case Duration::Kind::kStep:
      out = "step()";
      break;
    case Duration::Kind::kRange:
      out = "range()";
      break;
    case Duration::Kind::kMinOf:
    case Duration::Kind::kMaxOf:
      out = fmt::format("{}({}, {})", duration.kind == Duration::Kind::kMinOf ? "min_of" : "max_of",
                        print(*duration.left), print(*duration.right));
      break;
    case Duration::Kind::kUnary:
      out = "-" + print(*duration.right);
      break;
    case Duration::Kind::kBinary:
      out = fmt::format("{} {} {}", print(*duration.left), op_text(duration.op),
                        print(*duration.right));
      break;
  }
  return duration.parenthesised ? "(" + out + ")" : out;
}

std::string print(const Length& length) {
  return length.expr ? print(*length.expr) : syntax::format_duration_ms(length.ms);
}

std::string print_at(const TimeShift& shift) {
  switch (shift.at) {
    case AtKind::kNone:
      return "";
    case AtKind::kStart:
      return " @ start()";
    case AtKind::kEnd:
      return " @ end()";
    case AtKind::kTime:
      return fmt::format(" @ {:.3f}", static_cast<double>(shift.at_ms) / 1000);
  }
  return "";
}

std::string print_offset(const TimeShift& shift) {
  if (!shift.offset.expr && shift.offset.ms == 0) return "";
  return " offset " + print(shift.offset);
}

std::string print_extended(const VectorSelector& selector) {
  return selector.anchored ? " anchored" : selector.smoothed ? " smoothed" : "";
}

std::string print_series(const VectorSelector& selector) {
  std::vector<std::string> matchers;
  for (const store::Matcher& matcher : selector.matchers) {
    const bool is_name = matcher.name == model::kMetricName && !matcher.value.empty() &&
                         matcher.kind == store::MatchKind::kEqual && matcher.value == selector.name;
    if (!is_name) matchers.push_back(to_string(matcher));
  }
  std::ranges::sort(matchers);
  std::string out = selector.name;
  if (!matchers.empty()) out += fmt::format("{{{}}}", fmt::join(matchers, ","));
  return out;
}

std::string print_subquery_suffix(const Subquery& subquery) {
  const bool step = subquery.step.expr || subquery.step.ms != 0;
  return fmt::format("[{}:{}]{}{}", print(subquery.range), step ? print(subquery.step) : "",
                     print_at(subquery.shift), print_offset(subquery.shift));
}

std::string print_matching(const Binary& binary) {
  std::string out = binary.return_bool ? " bool" : "";
  if (!binary.matching) return out;
  const Matching& matching = *binary.matching;
  const bool grouped = matching.cardinality == Cardinality::kManyToOne ||
                       matching.cardinality == Cardinality::kOneToMany;
  if (!matching.labels.empty() || matching.on || grouped) {
    out += fmt::format(" {} ({})", matching.on ? "on" : "ignoring", label_list(matching.labels));
  }
  if (grouped) {
    out += fmt::format(" group_{} ({})",
                       matching.cardinality == Cardinality::kManyToOne ? "left" : "right",
                       label_list(matching.include));
  }
  if (matching.fill_left && matching.fill_left == matching.fill_right) {
    return out + fmt::format(" fill ({})", format_number(*matching.fill_left));
  }
  if (matching.fill_left) out += fmt::format(" fill_left ({})", format_number(*matching.fill_left));
  if (matching.fill_right) {
    out += fmt::format(" fill_right ({})", format_number(*matching.fill_right));
  }
  return out;
}

std::string print_aggregate_head(const Aggregate& aggregate) {
  std::string out(aggregator_name(aggregate.op));
  if (aggregate.without) return out + fmt::format(" without ({}) ", label_list(aggregate.grouping));
  if (aggregate.grouping.empty()) return out;
  return out + fmt::format(" by ({}) ", label_list(aggregate.grouping));
}

struct Printer {
  std::string operator()(const NumberLiteral& number) const {
    return number.duration ? print_seconds(number.value) : format_number(number.value);
  }
  std::string operator()(const StringLiteral& text) const { return syntax::quote(text.value); }
  std::string operator()(const VectorSelector& selector) const {
    return print_series(selector) + print_at(selector.shift) + print_extended(selector) +
           print_offset(selector.shift);
  }
  std::string operator()(const MatrixSelector& matrix) const {
    const auto& selector = *matrix.vector->as<VectorSelector>();
    return fmt::format("{}[{}]{}{}{}", print_series(selector), print(matrix.range),
                       print_extended(selector), print_at(selector.shift),
                       print_offset(selector.shift));
  }
  std::string operator()(const Subquery& subquery) const {
    return to_string(*subquery.expr) + print_subquery_suffix(subquery);
  }
  std::string operator()(const Call& call) const {
    std::string args;
    for (const ExprPtr& arg : call.args) args += (args.empty() ? "" : ", ") + to_string(*arg);
    return fmt::format("{}({})", call.function->name, args);
  }
  std::string operator()(const Aggregate& aggregate) const {
    const std::string param = aggregate.param ? to_string(*aggregate.param) + ", " : "";
    return fmt::format("{}({}{})", print_aggregate_head(aggregate), param,
                       to_string(*aggregate.expr));
  }
  std::string operator()(const Binary& binary) const {
    return fmt::format("{} {}{} {}", to_string(*binary.left), op_text(binary.op),
                       print_matching(binary), to_string(*binary.right));
  }
  std::string operator()(const Unary& unary) const {
    return (unary.negative ? "-" : "+") + to_string(*unary.expr);
  }
  std::string operator()(const Paren& paren) const { return "(" + to_string(*paren.expr) + ")"; }
};

std::string pretty_at(const Expr& expr, size_t level);

struct PrettyPrinter {
  const Expr& expr;
  size_t level;

  std::string indent() const { return std::string(2 * level, ' '); }
  template <typename Leaf>
  std::string operator()(const Leaf&) const {
    return indent() + to_string(expr);
  }
  std::string operator()(const Subquery& subquery) const {
    return pretty_at(*subquery.expr, level) + print_subquery_suffix(subquery);
  }
  std::string operator()(const Call& call) const {
    std::string args;
    for (const ExprPtr& arg : call.args) {
      args += (args.empty() ? "" : ",\n") + pretty_at(*arg, level + 1);
    }
    return fmt::format("{}{}(\n{}\n{})", indent(), call.function->name, args, indent());
  }
  std::string operator()(const Aggregate& aggregate) const {
    const std::string param = aggregate.param ? pretty_at(*aggregate.param, level + 1) + ",\n" : "";
    return fmt::format("{}{}(\n{}{}\n{})", indent(), print_aggregate_head(aggregate), param,
                       pretty_at(*aggregate.expr, level + 1), indent());
  }
  std::string operator()(const Binary& binary) const {
    return fmt::format("{}\n{}{}{}\n{}", pretty_at(*binary.left, level + 1), indent(),
                       op_text(binary.op), print_matching(binary),
                       pretty_at(*binary.right, level + 1));
  }
  std::string operator()(const Paren& paren) const {
    return fmt::format("{}(\n{}\n{})", indent(), pretty_at(*paren.expr, level + 1), indent());
  }
};

std::string pretty_at(const Expr& expr, size_t level) {
  const std::string indent(2 * level, ' ');
  if (const auto* unary = expr.as<Unary>()) {
    const std::string inner = pretty_at(*unary->expr, level);
    return indent + (unary->negative ? "-" : "+") + inner.substr(inner.find_first_not_of(' '));
  }
  if (to_string(expr).size() > kLineMax) return std::visit(PrettyPrinter{expr, level}, expr.node);
  return (expr.as<Subquery>() != nullptr ? "" : indent) + to_string(expr);
}

}  // namespace

std::string to_string(const Expr& expr) {
  return std::visit(Printer{}, expr.node);
}
std::string pretty(const Expr& expr) {
  return pretty_at(expr, 0);
}

std::string format_number(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char buffer[512];
  const auto result =
      std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::fixed);
  return {buffer, result.ptr};
}

}  // namespace tarsier::query::promql
