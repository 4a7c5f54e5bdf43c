#include "query/testing/promql_script.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <optional>

#include "query/engine.h"
#include "query/syntax/literal.h"
#include "query/syntax/scanner.h"
#include "query/testing/memory_metrics.h"

namespace tarsier::query::testing {
namespace {

constexpr int64_t kMinuteMs = 60'000;

std::string_view trim(std::string_view text) {
  const size_t begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

std::string_view take_word(std::string_view& text) {
  text = trim(text);
  const size_t end = std::min(text.find_first_of(" \t"), text.size());
  const std::string_view word = text.substr(0, end);
  text = trim(text.substr(end));
  return word;
}

int64_t parse_time_ms(std::string_view text) {
  if (text.starts_with('-')) return -parse_time_ms(text.substr(1));
  if (const auto number = syntax::parse_number(text)) return std::llround(*number * 1000);
  const auto duration = syntax::parse_duration_ms(text);
  return duration ? *duration : 0;
}

struct SeriesLine {
  model::Labels labels;
  ScriptPoints points;
  bool valid = true;
};

// name{label="value"} 1 2 3
SeriesLine parse_series(std::string_view line) {
  size_t end = 0;
  bool quoted = false, braces = false;
  for (; end < line.size(); end++) {
    const char c = line[end];
    if (quoted && c == '\\') end++;
    if (c == '"') quoted = !quoted;
    if (quoted) continue;
    if (c == '{') braces = true;
    if (c == '}' || (!braces && (c == ' ' || c == '\t'))) break;
  }
  if (end < line.size() && line[end] == '}') end++;
  SeriesLine out;
  const std::string_view metric = line.substr(0, end);
  if (metric != "{}") {
    const auto matchers = promql_matchers(metric);
    if (!matchers) return {{}, {}, false};
    for (const store::Matcher& matcher : *matchers) {
      out.labels.push_back({matcher.name, matcher.value});
    }
  }
  model::normalise(out.labels);
  const std::string_view rest = line.substr(end);
  out.points = parse_script_points(trim(rest));
  out.valid = out.points.valid && !rest.starts_with("@st");
  return out;
}

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b), difference = std::abs(a - b);
  constexpr double kEpsilon = 1e-6, kSmallest = 2.2250738585072014e-308;
  if (a == 0 || b == 0 || sum < kSmallest) return difference < kEpsilon * kSmallest;
  return difference / std::min(sum, 1.7976931348623157e308) < kEpsilon;
}

struct Expectation {
  std::string kind, match, text;  // "fail", "warn", ...; "msg", "regex" or empty
};

struct Eval {
  size_t line = 0;
  std::string query;
  Grid grid;
  std::vector<SeriesLine> series;
  std::optional<double> scalar;
  std::optional<std::string> text;
  Grid matrix_grid;  // of "expect range vector"
  std::vector<Expectation> expectations;
  bool ordered = false;

  bool expects(std::string_view kind) const {
    return std::ranges::any_of(expectations, [kind](const auto& e) { return e.kind == kind; });
  }
};

bool matches(const Expectation& expectation, const std::string& text) {
  if (expectation.match.empty()) return true;
  if (expectation.match == "regex") return RE2::PartialMatch(text, expectation.text);
  return text.find(expectation.text) != std::string::npos;
}

std::string check_annotations(const Eval& eval, const Annotations& annotations) {
  for (const Expectation& expectation : eval.expectations) {
    const bool info = expectation.kind.ends_with("info");
    if (!info && !expectation.kind.ends_with("warn")) continue;
    const auto& texts = info ? annotations.infos : annotations.warnings;
    if (expectation.kind.starts_with("no_")) {
      if (!texts.empty()) return "unexpected annotation: " + texts[0];
      continue;
    }
    const auto fits = [&](const std::string& text) { return matches(expectation, text); };
    if (std::ranges::none_of(texts, fits)) {
      return fmt::format("no {} like '{}', but [{}]", expectation.kind, expectation.text,
                         fmt::join(texts, "; "));
    }
  }
  return {};
}

std::string check_samples(const Series& got, const SeriesLine& wanted, const Grid& grid) {
  size_t next = 0;
  for (size_t i = 0; i < wanted.points.values.size(); i++) {
    if (!wanted.points.present[i]) continue;
    const int64_t time = grid.start_ms + static_cast<int64_t>(i) * grid.step_ms;
    if (next == got.samples.size() || got.samples[next].time_ms != time) {
      return fmt::format("{}: no sample at {} ms", model::to_string(got.labels), time);
    }
    if (!close(got.samples[next].value, wanted.points.values[i])) {
      return fmt::format("{}: at {} ms wanted {}, got {}", model::to_string(got.labels), time,
                         wanted.points.values[i], got.samples[next].value);
    }
    next++;
  }
  if (next == got.samples.size()) return {};
  return fmt::format("{}: unexpected sample at {} ms", model::to_string(got.labels),
                     got.samples[next].time_ms);
}

std::string check_series(const Eval& eval, const std::vector<Series>& got, const Grid& grid) {
  std::map<model::Labels, size_t> index;
  for (size_t i = 0; i < got.size(); i++) index.emplace(got[i].labels, i);
  for (size_t i = 0; i < eval.series.size(); i++) {
    const SeriesLine& wanted = eval.series[i];
    const auto at = index.find(wanted.labels);
    if (at == index.end()) {
      if (std::ranges::none_of(wanted.points.present, [](bool p) { return p; })) continue;
      return "no series " + model::to_string(wanted.labels);
    }
    if (eval.ordered && at->second != i) return "wrong order";
    if (std::string wrong = check_samples(got[at->second], wanted, grid); !wrong.empty()) {
      return wrong;
    }
    index.erase(at);
  }
  if (index.empty()) return {};
  return "unexpected series " + model::to_string(index.begin()->first);
}

std::string check_value(const Eval& eval, const Value& value) {
  if (std::string wrong = check_annotations(eval, value.annotations); !wrong.empty()) return wrong;
  if (const auto* text = std::get_if<String>(&value.data)) {
    return eval.text && *eval.text == text->value ? "" : "got the string " + text->value;
  }
  if (const auto* scalar = std::get_if<Scalar>(&value.data)) {
    if (eval.scalar && close(*eval.scalar, scalar->value)) return {};
    return fmt::format("got the scalar {}", scalar->value);
  }
  if (const auto* vector = std::get_if<Vector>(&value.data)) {
    return check_series(eval, vector->series, {eval.grid.start_ms, eval.grid.start_ms, 1});
  }
  const Grid& grid = eval.grid.instant() ? eval.matrix_grid : eval.grid;
  return check_series(eval, std::get<Matrix>(value.data).series, grid);
}

class Script {
 public:
  Script(std::string_view name, std::string_view script) : name_(name) {
    while (!script.empty()) {
      const size_t end = std::min(script.find('\n'), script.size());
      std::string_view line = trim(script.substr(0, end));
      lines_.emplace_back(line.starts_with('#') ? std::string_view() : line);
      script.remove_prefix(std::min(end + 1, script.size()));
    }
  }

  ScriptReport run() {
    for (next_ = 0; next_ < lines_.size(); next_++) {
      std::string_view rest = lines_[next_];
      const std::string_view word = take_word(rest);
      if (word == "clear") {
        metrics_.clear();
        lossy_ = false;
      } else if (word.starts_with("load")) {
        if (word != "load") lossy_ = true;
        load(parse_time_ms(rest));
      } else if (word == "eval" || word.starts_with("eval_")) {
        eval(word, rest);
      }
    }
    return std::move(report_);
  }

 private:
  bool block_line() { return next_ + 1 < lines_.size() && !lines_[next_ + 1].empty(); }

  void load(int64_t step_ms) {
    while (block_line()) {
      const SeriesLine line = parse_series(lines_[++next_]);
      if (!line.valid) lossy_ = true;
      for (size_t i = 0; i < line.points.values.size(); i++) {
        if (!line.points.present[i]) continue;
        metrics_.add(line.labels, static_cast<int64_t>(i) * step_ms, line.points.values[i]);
      }
    }
    metrics_.sort();
  }

  void eval(std::string_view word, std::string_view rest) {
    Eval eval;
    eval.line = next_ + 1;
    if (word != "eval") eval.expectations.push_back({std::string(word.substr(5)), "", ""});
    eval.ordered = word == "eval_ordered";
    const std::string_view kind = take_word(rest);
    if (kind == "instant") {
      if (rest.starts_with("at ")) {
        take_word(rest);
        eval.grid.start_ms = eval.grid.end_ms = parse_time_ms(take_word(rest));
      }
    } else {
      take_word(rest);
      eval.grid.start_ms = parse_time_ms(take_word(rest));
      take_word(rest);
      eval.grid.end_ms = parse_time_ms(take_word(rest));
      take_word(rest);
      eval.grid.step_ms = parse_time_ms(take_word(rest));
    }
    eval.query = rest;
    bool lossy = lossy_;
    while (block_line()) lossy = !read_expected(eval, lines_[++next_]) || lossy;
    judge(eval, lossy);
  }

  // False when it cannot be understood.
  static bool read_expected(Eval& eval, std::string_view line) {
    if (line.starts_with("expect ")) {
      take_word(line);
      const std::string kind(take_word(line));
      if (kind == "ordered") eval.ordered = true;
      if (kind == "string") {
        const auto text = syntax::unquote(line);
        if (text) eval.text = *text;
      } else if (kind == "range") {
        for (int64_t* time :
             {&eval.matrix_grid.start_ms, &eval.matrix_grid.end_ms, &eval.matrix_grid.step_ms}) {
          while (line.find_first_of("0123456789") != 0 && !line.empty()) take_word(line);
          *time = parse_time_ms(take_word(line));
        }
      } else {
        const size_t colon = line.find(':');
        const bool text = colon != std::string_view::npos;
        eval.expectations.push_back({kind, std::string(text ? line.substr(0, colon) : ""),
                                     std::string(text ? trim(line.substr(colon + 1)) : "")});
      }
      return true;
    }
    if (const auto number = syntax::parse_number(line)) {
      eval.scalar = *number;
      return true;
    }
    eval.series.push_back(parse_series(line));
    return eval.series.back().valid;
  }

  Result<Value> ask(const std::string& query, const Grid& grid) const {
    QueryContext context;
    return evaluate_promql(context, metrics_, query, grid, {.delayed_name_removal = true});
  }

  void judge(const Eval& eval, bool lossy) {
    const Result<Value> value = ask(eval.query, eval.grid);
    std::string wrong;
    if (!value) {
      if (value.error().code == Code::kUnsupported) {
        report_.unsupported++;
        return;
      }
      const std::string& message = value.error().message;
      if (!eval.expects("fail")) wrong = message;
      for (const Expectation& expectation : eval.expectations) {
        if (expectation.kind == "fail" && !matches(expectation, message)) {
          wrong = fmt::format("failed with '{}', not '{}'", message, expectation.text);
        }
      }
    } else if (eval.expects("fail")) {
      wrong = "did not fail";
    } else {
      wrong = check_value(eval, *value);
      if (wrong.empty()) wrong = check_as_range(eval, *value);
    }
    if (wrong.empty()) {
      report_.passed++;
    } else if (lossy) {
      report_.unsupported++;
    } else {
      report_.failed++;
      report_.failures.push_back(fmt::format("{}:{}: {}: {}", name_, eval.line, eval.query, wrong));
    }
  }

  // The middle of a range query around an instant says the same as the instant query.
  std::string check_as_range(const Eval& eval, const Value& value) const {
    static const RE2 context_functions("(start|end|range|step)\\(\\)");
    if (!std::holds_alternative<Vector>(value.data) || eval.ordered || !eval.grid.instant() ||
        RE2::PartialMatch(eval.query, context_functions)) {
      return {};
    }
    const int64_t time = eval.grid.start_ms;
    const Result<Value> range = ask(eval.query, {time - kMinuteMs, time + kMinuteMs, kMinuteMs});
    if (!range) return "as a range query: " + range.error().message;
    std::vector<Series> middle;
    for (const Series& series : std::get<Matrix>(range->data).series) {
      for (const model::Sample& sample : series.samples) {
        if (sample.time_ms == time) middle.push_back({series.labels, {sample}});
      }
    }
    const std::string wrong = check_series(eval, middle, {time, time, 1});
    return wrong.empty() ? wrong : "as a range query: " + wrong;
  }

  std::string name_;
  std::vector<std::string> lines_;
  size_t next_ = 0;
  MemoryMetrics metrics_;
  bool lossy_ = false;  // some of what was loaded cannot be held
  ScriptReport report_;
};

// One number at the front of the text: digits, a point, an exponent, Inf or NaN.
std::optional<double> take_number(std::string_view& text) {
  static const RE2 pattern(R"(([-+]?(?:Inf|inf|NaN|nan|[0-9._]+(?:[eE][-+]?[0-9]+)?)))");
  re2::StringPiece input(text.data(), text.size());
  re2::StringPiece found;
  if (!RE2::Consume(&input, pattern, &found)) return std::nullopt;
  text.remove_prefix(found.size());
  return syntax::parse_number({found.data(), found.size()});
}

bool add_points(std::string_view item, ScriptPoints& out) {
  const auto add = [&](double value, bool present) {
    out.values.push_back(value);
    out.present.push_back(present);
  };
  const auto repeat = [](std::string_view text) {  // "x3" -> 3
    const auto number = syntax::parse_number(text.substr(1));
    return number ? static_cast<int>(*number) : -1;
  };
  if (item.starts_with('_')) {
    const int times = item == "_" ? 1 : repeat(item.substr(1));
    for (int i = 0; i < times; i++) add(0, false);
    return times >= 0;
  }
  if (item.starts_with("stale")) {
    const int times = item == "stale" ? 0 : repeat(item.substr(5));
    for (int i = 0; i <= times; i++) add(model::stale_marker(), true);
    return times >= 0;
  }
  const auto first = take_number(item);
  if (!first) return false;
  add(*first, true);
  if (item.empty()) return true;
  double delta = 0;
  if (item[0] != 'x') {
    const auto step = take_number(item);
    if (!step) return false;
    delta = *step;
  }
  if (!item.starts_with('x')) return false;
  const int times = repeat(item);
  double value = *first;
  for (int i = 0; i < times; i++) add(value += delta, true);
  return times >= 0;
}

}  // namespace

ScriptPoints parse_script_points(std::string_view text) {
  ScriptPoints out;
  while (!text.empty() && out.valid) out.valid = add_points(take_word(text), out);
  return out;
}

ScriptReport run_promql_script(std::string_view name, std::string_view script) {
  return Script(name, script).run();
}

}  // namespace tarsier::query::testing
