#include "base/log.h"

#include <unistd.h>

#include <array>
#include <ctime>

#include "base/clock.h"

namespace tarsier {
namespace {

constexpr uint32_t kLogBurst = 20;  // lines per call site per second

std::atomic<LogLevel> g_level{LogLevel::kInfo};
constexpr std::array<std::string_view, 4> kNames = {"debug", "info", "warn", "error"};

bool needs_quotes(std::string_view value) {
  if (value.empty()) return true;
  for (char c : value) {
    if (c <= ' ' || c == '"' || c == '=' || c == 0x7f) return true;
  }
  return false;
}

std::string timestamp(int64_t now_ns) {
  time_t seconds = now_ns / kSecond;
  tm utc{};
  gmtime_r(&seconds, &utc);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", utc.tm_year + 1900,
                     utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min, utc.tm_sec,
                     now_ns / kMillisecond % 1000);
}

// True when this line may pass; suppressed is how many before it did not.
bool admit(LogSite& site, int64_t now_ns, uint32_t& suppressed) {
  int64_t second = now_ns / kSecond;
  if (site.second.exchange(second) != second) {
    site.in_second = 0;
    suppressed = site.suppressed.exchange(0);
  }
  if (site.in_second.fetch_add(1) < kLogBurst) return true;
  site.suppressed.fetch_add(1);
  return false;
}

}  // namespace

void set_log_level(LogLevel level) {
  g_level = level;
}
LogLevel log_level() {
  return g_level.load(std::memory_order_relaxed);
}

bool parse_log_level(std::string_view text, LogLevel& out) {
  std::string lower(text);
  for (char& c : lower) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  for (size_t i = 0; i < kNames.size(); i++) {
    if (lower != kNames[i]) continue;
    out = static_cast<LogLevel>(i);
    return true;
  }
  return false;
}

namespace log_detail {

void append_field(std::string& line, std::string_view key, std::string_view value) {
  line.append(" ").append(key).append("=");
  if (!needs_quotes(value)) {
    line.append(value);
    return;
  }
  line.push_back('"');
  for (char c : value) {
    if (c == '"' || c == '\\') {
      line.append({'\\', c});
    } else if (c == '\n') {
      line.append("\\n");
    } else if (static_cast<unsigned char>(c) < ' ' || c == 0x7f) {
      line += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    } else {
      line.push_back(c);
    }
  }
  line.push_back('"');
}

void write(LogLevel level, LogSite& site, std::string_view message, std::string&& fields) {
  int64_t now_ns = system_clock().now_ns();
  uint32_t suppressed = 0;
  if (!admit(site, now_ns, suppressed)) return;
  std::string line = "ts=" + timestamp(now_ns);
  append_field(line, "level", kNames[static_cast<size_t>(level)]);
  append_field(line, "msg", message);
  line += fields;
  if (suppressed > 0) append_field(line, "suppressed", fmt::format("{}", suppressed));
  line.push_back('\n');
  // One write call, so lines of two processes do not interleave.
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, line.data(), line.size());
}

}  // namespace log_detail
}  // namespace tarsier
