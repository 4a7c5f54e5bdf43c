#include "query/testing/script_check.h"

#include <fmt/format.h>
#include <re2/re2.h>

#include <cmath>
#include <map>

namespace tarsier::query::testing {

bool matches(const Expectation& expectation, const std::string& text) {
  if (expectation.match.empty()) return true;
  if (expectation.match == "regex") return RE2::PartialMatch(text, expectation.text);
  return text.find(expectation.text) != std::string::npos;
}

namespace {

bool close(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  if (a == b) return true;
  const double sum = std::abs(a) + std::abs(b), difference = std::abs(a - b);
  constexpr double kEpsilon = 1e-6, kSmallest = 2.2250738585072014e-308;
  if (a == 0 || b == 0 || sum < kSmallest) return difference < kEpsilon * kSmallest;
  return difference / std::min(sum, 1.7976931348623157e308) < kEpsilon;
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

}  // namespace

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

}  // namespace tarsier::query::testing
