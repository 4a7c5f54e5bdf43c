#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <charconv>

#include "query/promql/eval.h"
#include "query/syntax/scanner.h"
#include "query/syntax/utf8.h"

namespace tarsier::query::promql {
namespace {

const std::string& text(const Expr& arg) {
  return unwrap(arg).as<StringLiteral>()->value;
}

bool valid_label(std::string_view name) {
  return !name.empty() && syntax::is_utf8(name);
}

void set_label(model::Labels& labels, const std::string& name, std::string value) {
  std::erase_if(labels, [&](const model::Label& label) { return label.name == name; });
  labels.insert(labels.begin(), {name, std::move(value)});
  model::normalise(labels);
}

// $1, ${1}, $name, ${name} and $$ as Go's regexp expands them.
class Template {
 public:
  Template(std::string_view text, const RE2& regex) : text_(text), regex_(regex) {}

  std::string expand(const std::vector<re2::StringPiece>& groups) const {
    std::string out;
    std::string_view rest = text_;
    while (!rest.empty()) {
      const size_t dollar = rest.find('$');
      out += rest.substr(0, dollar);
      if (dollar == std::string_view::npos) break;
      rest.remove_prefix(dollar + 1);
      if (rest.starts_with('$')) {
        out.push_back('$');
        rest.remove_prefix(1);
      } else if (const auto name = take_name(rest)) {
        const size_t group = index(*name);
        if (group < groups.size() && groups[group].data() != nullptr) {
          out.append(groups[group].data(), groups[group].size());
        }
      } else {
        out.push_back('$');
      }
    }
    return out;
  }

 private:
  static std::optional<std::string_view> take_name(std::string_view& rest) {
    const bool braces = rest.starts_with('{');
    const size_t begin = braces ? 1 : 0;
    size_t end = begin;
    while (end < rest.size() && syntax::is_name_part(static_cast<uint8_t>(rest[end]))) end++;
    if (end == begin || (braces && (end == rest.size() || rest[end] != '}'))) return std::nullopt;
    const std::string_view name = rest.substr(begin, end - begin);
    rest.remove_prefix(braces ? end + 1 : end);
    return name;
  }
  size_t index(std::string_view name) const {
    size_t number = 0;
    const auto parsed = std::from_chars(name.data(), name.data() + name.size(), number);
    if (parsed.ec == std::errc() && parsed.ptr == name.data() + name.size()) return number;
    const auto named = regex_.NamedCapturingGroups().find(std::string(name));
    return named == regex_.NamedCapturingGroups().end() ? SIZE_MAX
                                                        : static_cast<size_t>(named->second);
  }
  std::string_view text_;
  const RE2& regex_;
};

Status eval_label_replace(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                          const Emit& emit) {
  const std::string &target = text(*call.args[1]), &replacement = text(*call.args[2]),
                    &source = text(*call.args[3]), &pattern = text(*call.args[4]);
  RE2::Options options;
  options.set_log_errors(false);
  options.set_dot_nl(true);
  const RE2 regex(pattern, options);
  if (!regex.ok()) {
    return execution_error("invalid regular expression in label_replace(): " + pattern);
  }
  if (!valid_label(target)) {
    return execution_error("invalid destination label name in label_replace(): " + target);
  }
  TRY(std::vector<OwnedRow> rows, collect(evaluation, *call.args[0], steps));
  std::vector<re2::StringPiece> groups(static_cast<size_t>(regex.NumberOfCapturingGroups()) + 1);
  const Template expansion(replacement, regex);
  for (OwnedRow& row : rows) {
    const std::string value(model::get(row.labels, source));
    if (!regex.Match(value, 0, value.size(), RE2::ANCHOR_BOTH, groups.data(),
                     static_cast<int>(groups.size()))) {
      continue;
    }
    set_label(row.labels, target, expansion.expand(groups));
    if (target == model::kMetricName) row.drop_name = false;
  }
  return emit_merged(std::move(rows), emit);
}

Status eval_label_join(Evaluation& evaluation, const Expr&, const Call& call, const Steps& steps,
                       const Emit& emit) {
  const std::string &target = text(*call.args[1]), &separator = text(*call.args[2]);
  for (size_t i = 3; i < call.args.size(); i++) {
    const std::string& source = text(*call.args[i]);
    if (valid_label(source)) continue;
    return execution_error("invalid source label name in label_join(): " + source);
  }
  if (!valid_label(target)) {
    return execution_error("invalid destination label name in label_join(): " + target);
  }
  TRY(std::vector<OwnedRow> rows, collect(evaluation, *call.args[0], steps));
  for (OwnedRow& row : rows) {
    std::string value;
    for (size_t i = 3; i < call.args.size(); i++) {
      if (i > 3) value += separator;
      value += model::get(row.labels, text(*call.args[i]));
    }
    set_label(row.labels, target, std::move(value));
    if (target == model::kMetricName) row.drop_name = false;
  }
  return emit_merged(std::move(rows), emit);
}

}  // namespace

VectorFunction find_label_function(std::string_view name) {
  if (name == "label_replace") return eval_label_replace;
  if (name == "label_join") return eval_label_join;
  return nullptr;
}

}  // namespace tarsier::query::promql
