// What a PromQL test script expects of a query, beside what came.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "query/engine.h"
#include "query/testing/script_line.h"

namespace tarsier::query::testing {

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

bool matches(const Expectation& expectation, const std::string& text);

// Each says what is wrong; empty: nothing.
std::string check_series(const Eval& eval, const std::vector<Series>& got, const Grid& grid);
std::string check_value(const Eval& eval, const Value& value);

}  // namespace tarsier::query::testing
