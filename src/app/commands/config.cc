#include <fmt/format.h>

#include <cstdio>

#include "app/commands/commands.h"
#include "base/log.h"

namespace tarsier::app {

int fail(const Error& error) {
  fmt::print(stderr, "tarsier: {}\n", error.message);
  return 1;
}

void apply_log_level(const Config& config) {
  LogLevel level = LogLevel::kInfo;
  parse_log_level(config.log_level, level);
  set_log_level(level);
}

std::optional<Loaded> load_or_explain(const CommandLine& line) {
  Result<Loaded> loaded = load(line.sources);
  if (!loaded) {
    fail(loaded.error());
    return std::nullopt;
  }
  apply_log_level(loaded->config);
  for (const std::string& warning : loaded->warnings) LOG_WARN("configuration", "hint", warning);
  for (const std::string& unknown : loaded->unknown) LOG_WARN("configuration", "hint", unknown);
  return std::move(*loaded);
}

int run_config(const CommandLine& line) {
  std::optional<Loaded> loaded = load_or_explain(line);
  if (!loaded) return 1;
  if (line.command == "config print") {
    fmt::print("{}", print(*loaded));
    return 0;
  }
  fmt::print("{} deprecated, {} unknown keys\n", loaded->warnings.size(), loaded->unknown.size());
  return loaded->unknown.empty() ? 0 : 1;
}

}  // namespace tarsier::app
