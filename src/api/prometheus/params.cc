#include "api/prometheus/params.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>

#include "query/syntax/literal.h"
#include "query/syntax/source.h"
#include "query/syntax/utf8.h"

namespace tarsier::api::prometheus {
namespace {

// Nanoseconds of 64 bits end there; a time beyond has no samples.
constexpr int64_t kTimeMaxMs = INT64_MAX / kMillisecond;
constexpr int64_t kPointsMax = 11'000;

int64_t clamped_ms(double ms) {
  constexpr auto kMax = static_cast<double>(kTimeMaxMs);
  return static_cast<int64_t>(std::clamp(std::round(ms), -kMax, kMax));
}

// Float as Go's ParseFloat has it.
std::optional<double> parse_float(std::string_view text) {
  if (text.starts_with('+')) text.remove_prefix(1);
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

// 2026-01-02T03:04:05.678Z, with Z or +hh:mm.
std::optional<int64_t> parse_rfc3339_ms(const std::string& text) {
  std::tm tm{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  if (rest == nullptr) return std::nullopt;
  double fraction = 0;
  if (*rest == '.') {
    double unit = 0.1;
    for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10) fraction += (*rest - '0') * unit;
  }
  int64_t offset_s = 0;
  if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0, used = 0;
    if (std::sscanf(rest + 1, "%2d:%2d%n", &hours, &minutes, &used) != 2 || used != 5) {
      return std::nullopt;
    }
    offset_s = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
    rest += 6;
  } else if (*rest++ != 'Z') {
    return std::nullopt;
  }
  if (*rest != '\0') return std::nullopt;
  const auto seconds = static_cast<double>(::timegm(&tm) - offset_s);
  return clamped_ms(seconds * 1000 + std::floor(fraction * 1000 + 1e-6));
}

}  // namespace

Error invalid_parameter(std::string_view name, std::string_view message) {
  return invalid(fmt::format("invalid parameter \"{}\": {}", name, message));
}

Result<int64_t> parse_time_ms(std::string_view text) {
  if (const auto seconds = parse_float(text); seconds && !std::isnan(*seconds)) {
    return clamped_ms(*seconds * 1000);
  }
  if (const auto ms = parse_rfc3339_ms(std::string(text))) return *ms;
  // The boundary times that Prometheus itself prints.
  if (text == "-292273086-05-16T16:47:06Z") return -kTimeMaxMs;
  if (text == "292277025-08-18T07:12:54.999999999Z") return kTimeMaxMs;
  return invalid(fmt::format("cannot parse {} to a valid timestamp", query::syntax::quote(text)));
}

Result<int64_t> parse_duration_ns(std::string_view text) {
  const std::string quoted = query::syntax::quote(text);
  if (const auto seconds = parse_float(text)) {
    const double ns = *seconds * 1e9;
    if (!(std::abs(ns) < 9.2e18)) {
      return invalid(
          fmt::format("cannot parse {} to a valid duration. It overflows int64", quoted));
    }
    return static_cast<int64_t>(ns);
  }
  if (const auto ms = query::syntax::parse_duration_ms(text)) return *ms * kMillisecond;
  return invalid(fmt::format("cannot parse {} to a valid duration", quoted));
}

Result<int64_t> time_parameter(const net::Params& params, std::string_view name,
                               int64_t absent_ms) {
  const std::string_view text = params.get(name);
  if (text.empty()) return absent_ms;
  const Result<int64_t> time = parse_time_ms(text);
  if (time) return time;
  return invalid_parameter(
      name, fmt::format("invalid time value for '{}': {}", name, time.error().message));
}

Result<size_t> limit_parameter(const net::Params& params) {
  const std::string_view text = params.get("limit");
  if (text.empty()) return size_t{0};
  int64_t limit = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
  if (error != std::errc() || end != text.data() + text.size()) {
    return invalid_parameter("limit",
                             fmt::format("{} is not a whole number", query::syntax::quote(text)));
  }
  if (limit < 0) return invalid_parameter("limit", "limit must be non-negative");
  return static_cast<size_t>(limit);
}

Result<store::TimeRange> range_parameters(const net::Params& params) {
  TRY(const int64_t start_ms, time_parameter(params, "start", -kTimeMaxMs));
  TRY(const int64_t end_ms, time_parameter(params, "end", kTimeMaxMs));
  return store::TimeRange{start_ms * kMillisecond, end_ms * kMillisecond};
}

Result<query::Grid> grid_parameters(const net::Params& params) {
  query::Grid grid;
  for (auto [name, out] : {std::pair{"start", &grid.start_ms}, std::pair{"end", &grid.end_ms}}) {
    const Result<int64_t> time = parse_time_ms(params.get(name));
    if (!time) return invalid_parameter(name, time.error().message);
    *out = *time;
  }
  if (grid.end_ms < grid.start_ms) {
    return invalid_parameter("end", "end timestamp must not be before start time");
  }
  const Result<int64_t> step = parse_duration_ns(params.get("step"));
  if (!step) return invalid_parameter("step", step.error().message);
  grid.step_ms = *step / kMillisecond;
  if (grid.step_ms <= 0) {
    return invalid_parameter("step",
                             "zero or negative query resolution step widths are not accepted. Try "
                             "a positive integer");
  }
  if ((grid.end_ms - grid.start_ms) / grid.step_ms > kPointsMax) {
    return invalid(
        "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query "
        "resolution (?step=XX)");
  }
  return grid;
}

Result<int64_t> timeout_parameter(const net::Params& params) {
  const std::string_view text = params.get("timeout");
  if (text.empty()) return INT64_MAX;
  const Result<int64_t> timeout = parse_duration_ns(text);
  if (!timeout) return invalid_parameter("timeout", timeout.error().message);
  return *timeout > 0 ? *timeout : INT64_MAX;
}

Result<query::PromqlOptions> promql_options(const net::Params& params) {
  query::PromqlOptions options;
  const std::string_view text = params.get("lookback_delta");
  if (text.empty()) return options;
  const Result<int64_t> lookback = parse_duration_ns(text);
  if (!lookback) {
    return invalid("error parsing lookback delta duration: " + lookback.error().message);
  }
  if (*lookback >= kMillisecond) options.lookback_ms = *lookback / kMillisecond;
  return options;
}

Result<std::vector<std::vector<store::Matcher>>> matcher_parameters(const net::Params& params) {
  std::vector<std::vector<store::Matcher>> out;
  for (const std::string& selector : params.all("match[]")) {
    Result<std::vector<store::Matcher>> matchers = query::promql_matchers(selector);
    if (!matchers) return invalid_parameter("match[]", matchers.error().message);
    out.push_back(std::move(*matchers));
  }
  return out;
}

std::string unescape_label(std::string_view name) {
  if (!name.starts_with("U__")) return std::string(name);
  std::string out;
  std::string_view rest = name.substr(3);
  while (!rest.empty()) {
    const char c = rest[0];
    rest.remove_prefix(1);
    if (c != '_') {
      out.push_back(c);
    } else if (rest.starts_with('_')) {
      out.push_back('_');
      rest.remove_prefix(1);
    } else {
      const size_t end = rest.find('_');
      uint32_t rune = 0;
      const auto parsed =
          std::from_chars(rest.data(), rest.data() + std::min(end, rest.size()), rune, 16);
      const bool valid = end != std::string_view::npos && end > 0 && end <= 6 &&
                         parsed.ptr == rest.data() + end && rune <= 0x10ffff &&
                         (rune < 0xd800 || rune > 0xdfff);
      if (!valid) return std::string(name);  // not an escaped name after all
      query::syntax::append_utf8(out, rune);
      rest.remove_prefix(end + 1);
    }
  }
  return out;
}

}  // namespace tarsier::api::prometheus
