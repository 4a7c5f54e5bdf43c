#include "pipeline/processors/span_line.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <iterator>

#include "base/clock.h"

namespace tarsier::pipeline {
namespace {

constexpr std::array<std::string_view, 6> kKinds = {"UNSPECIFIED", "INTERNAL", "SERVER",
                                                    "CLIENT",      "PRODUCER", "CONSUMER"};
constexpr std::array<std::string_view, 3> kStatuses = {"UNSET", "OK", "ERROR"};

// Text of others on a terminal: no control characters, and not without end.
void append_clean(std::string& out, std::string_view text) {
  constexpr size_t kTextMax = 200;
  for (char c : text.substr(0, kTextMax)) {
    auto byte = static_cast<unsigned char>(c);
    out.push_back(byte < 0x20 || byte == 0x7f || c == '"' ? '?' : c);
  }
}

void append_duration(std::string& out, int64_t ns) {
  auto to = std::back_inserter(out);
  if (ns < kMillisecond) {
    fmt::format_to(to, "{:.1f}us", static_cast<double>(ns) / kMicrosecond);
  } else if (ns < kSecond) {
    fmt::format_to(to, "{:.1f}ms", static_cast<double>(ns) / kMillisecond);
  } else {
    fmt::format_to(to, "{:.2f}s", static_cast<double>(ns) / kSecond);
  }
}

void append_time(std::string& out, int64_t ns) {
  time_t seconds = ns / kSecond;
  tm utc{};
  gmtime_r(&seconds, &utc);
  fmt::format_to(std::back_inserter(out), "{:%Y-%m-%dT%H:%M:%S}.{:03}Z", utc,
                 std::max<int64_t>(0, ns % kSecond / kMillisecond));
}

}  // namespace

void append_span_line(std::string& out, std::string_view service, const model::Span& span) {
  append_time(out, span.start_ns);
  out.push_back(' ');
  append_clean(out, service.empty() ? "-" : service);
  out.append(" ").append(kKinds[static_cast<size_t>(span.kind)]).append(" \"");
  append_clean(out, span.name);
  out.append("\" ").append(kStatuses[static_cast<size_t>(span.status)]).append(" ");
  append_duration(out, span.end_ns - span.start_ns);
  out.append(" trace=").append(span.trace_id.hex());
  out.append(" span=").append(span.span_id.hex()).append("\n");
}

}  // namespace tarsier::pipeline
