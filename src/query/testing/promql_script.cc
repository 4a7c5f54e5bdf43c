#include "query/testing/promql_script.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <algorithm>
#include <vector>

#include "query/engine.h"
#include "query/syntax/literal.h"
#include "query/testing/memory_metrics.h"
#include "query/testing/script_check.h"
#include "query/testing/script_line.h"

namespace tarsier::query::testing {
namespace {

constexpr int64_t kMinuteMs = 60'000;

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

}  // namespace

ScriptReport run_promql_script(std::string_view name, std::string_view script) {
  return Script(name, script).run();
}

}  // namespace tarsier::query::testing
