#include "api/loki/params.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>

#include "query/syntax/literal.h"

namespace tarsier::api::loki {
namespace {

constexpr int64_t kLimitMax = 1'000'000;

bool whole_number(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("0123456789", text[0] == '-' ? 1 : 0) == std::string_view::npos;
}

// 2026-01-02T03:04:05.678Z, with Z or +hh:mm.
std::optional<int64_t> parse_rfc3339(const std::string& text) {
  std::tm tm{};
  const char* rest = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &tm);
  if (!rest) return std::nullopt;
  int64_t ns = 0;
  if (*rest == '.') {
    int64_t unit = 100'000'000;
    for (rest++; *rest >= '0' && *rest <= '9'; rest++, unit /= 10) ns += (*rest - '0') * unit;
  }
  int64_t offset_s = 0;
  if (*rest == '+' || *rest == '-') {
    int hours = 0, minutes = 0;
    if (std::sscanf(rest + 1, "%2d:%2d", &hours, &minutes) != 2) return std::nullopt;
    offset_s = (*rest == '-' ? -1 : 1) * (hours * 3600 + minutes * 60);
  } else if (*rest != 'Z' && *rest != 'z') {
    return std::nullopt;
  }
  return (static_cast<int64_t>(::timegm(&tm)) - offset_s) * kSecond + ns;
}

}  // namespace

Result<int64_t> parse_time(std::string_view name, std::string_view text) {
  auto bad = [&] {
    return invalid(fmt::format(
        "{}=\"{}\" is not a time: use nanoseconds or seconds since 1970, or RFC 3339", name, text));
  };
  if (whole_number(text)) {
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc()) return bad();
    return text.size() <= 10 ? value * kSecond : value;
  }
  if (std::optional<int64_t> ns = parse_rfc3339(std::string(text))) return *ns;
  std::optional<double> seconds = query::syntax::parse_number(text);
  if (!seconds || !std::isfinite(*seconds) || std::fabs(*seconds) > 9e9) return bad();
  return std::llround(*seconds * 1e9);
}

Result<Range> parse_range(const net::Params& params, const Clock& clock) {
  Range range{0, clock.now_ns()};
  if (params.has("end")) {
    TRY(range.end_ns, parse_time("end", params.get("end")));
  }
  int64_t since_ns = kHour;
  if (params.has("since")) {
    std::optional<int64_t> parsed = query::syntax::parse_duration_ns(params.get("since"));
    if (!parsed)
      return invalid(fmt::format("since=\"{}\" is not a duration such as 1h", params.get("since")));
    since_ns = *parsed;
  }
  range.start_ns = range.end_ns - since_ns;
  if (params.has("start")) {
    TRY(range.start_ns, parse_time("start", params.get("start")));
  }
  if (range.end_ns < range.start_ns)
    return invalid("end timestamp must not be before or equal to start time");
  return range;
}

Result<int64_t> parse_step_ns(const net::Params& params, const Range& range) {
  std::string_view text = params.get("step");
  if (text.empty())
    return std::max<int64_t>((range.end_ns - range.start_ns) / kSecond / 250, 1) * kSecond;
  std::optional<int64_t> ns = query::syntax::parse_duration_ns(text);
  if (!ns) {
    std::optional<double> seconds = query::syntax::parse_number(text);
    if (seconds && *seconds < 9e9) ns = std::llround(*seconds * 1e9);
  }
  if (!ns || *ns <= 0)
    return invalid(fmt::format("step=\"{}\" is not a duration above 0 such as 15s or 0.5", text));
  return *ns;
}

Result<int64_t> parse_limit(const net::Params& params) {
  std::string_view text = params.get("limit");
  if (text.empty()) return 100;
  int64_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value <= 0) {
    return invalid(fmt::format("limit=\"{}\" must be a number above 0", text));
  }
  if (value > kLimitMax)
    return invalid(fmt::format("limit={} is above the largest, {}", value, kLimitMax));
  return value;
}

Result<bool> parse_newest_first(const net::Params& params) {
  std::string direction(params.get("direction", "backward"));
  for (char& c : direction) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (direction == "backward" || direction == "forward") return direction == "backward";
  return invalid(fmt::format("direction=\"{}\" is neither forward nor backward", direction));
}

}  // namespace tarsier::api::loki
