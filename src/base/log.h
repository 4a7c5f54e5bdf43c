// The program's own log: logfmt on stderr, one line an event, limited per call site.
//
//   LOG_INFO("listening", "port", 3000, "protocol", "http");
//   LOG_WARN("port taken", "port", port, "hint", "stop pid 812 or set server.port");
//
// Levels have meanings: debug = for us; info = a state a user may want to know; warn = the user
// should look, and "hint" says what to do; error = something asked for was not done.
#pragma once

#include <fmt/format.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace tarsier {

enum class LogLevel { kDebug, kInfo, kWarn, kError };

void set_log_level(LogLevel level);
LogLevel log_level();
// "debug", "info", "warn" or "error", any case; false for anything else.
bool parse_log_level(std::string_view text, LogLevel& out);

// One per call site: at most kLogBurst lines a second pass, and the next line says how many did
// not.
struct LogSite {
  std::atomic<int64_t> second{0};
  std::atomic<uint32_t> in_second{0};
  std::atomic<uint32_t> suppressed{0};
};

namespace log_detail {

void append_field(std::string& line, std::string_view key, std::string_view value);
void write(LogLevel level, LogSite& site, std::string_view message, std::string&& fields);

inline void append_fields(std::string&) {}
template <typename Value, typename... Rest>
void append_fields(std::string& line, std::string_view key, const Value& value,
                   const Rest&... rest) {
  append_field(line, key, fmt::format("{}", value));
  append_fields(line, rest...);
}

}  // namespace log_detail
}  // namespace tarsier

#define TARSIER_LOG(level, message, ...)                                             \
  do {                                                                               \
    if (level >= ::tarsier::log_level()) {                                           \
      static ::tarsier::LogSite log_site;                                            \
      std::string log_fields;                                                        \
      ::tarsier::log_detail::append_fields(log_fields __VA_OPT__(, ) __VA_ARGS__);   \
      ::tarsier::log_detail::write(level, log_site, message, std::move(log_fields)); \
    }                                                                                \
  } while (false)

#define LOG_DEBUG(...) TARSIER_LOG(::tarsier::LogLevel::kDebug, __VA_ARGS__)
#define LOG_INFO(...) TARSIER_LOG(::tarsier::LogLevel::kInfo, __VA_ARGS__)
#define LOG_WARN(...) TARSIER_LOG(::tarsier::LogLevel::kWarn, __VA_ARGS__)
#define LOG_ERROR(...) TARSIER_LOG(::tarsier::LogLevel::kError, __VA_ARGS__)
