#include "capture/discovery/names/names.h"

namespace tarsier::capture::names {

std::string_view php(const Clues& clues) {
  const Words& words = clues.arguments;
  constexpr std::string_view kPool = "php-fpm: pool ";
  if (!words.empty() && words[0].starts_with(kPool)) {
    std::string_view pool = words[0].substr(kPool.size());
    return pool.substr(0, pool.find(' ')) == "www" ? "php-fpm" : pool;
  }
  if (!words.empty() && words[0].starts_with("php-fpm")) return "php-fpm";
  Words rest = positional(words, {"-S", "-t", "-d", "-c", "-z"});
  std::string_view script = rest.empty() ? option(words, {"-f"}) : rest[0];
  bool server = script.empty() || in(stem(script), {"artisan", "console", "index", "router"});
  if (!server) return stem(script);
  return option(words, {"-S"}).empty() && script.empty() ? "" : project_folder(clues.cwd);
}

}  // namespace tarsier::capture::names
