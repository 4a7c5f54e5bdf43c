#include "query/testing/script_line.h"

#include <re2/re2.h>

#include <algorithm>
#include <cmath>
#include <optional>

#include "query/engine.h"
#include "query/syntax/literal.h"
#include "query/syntax/scanner.h"

namespace tarsier::query::testing {

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

namespace {

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

}  // namespace tarsier::query::testing
