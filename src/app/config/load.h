// Reads the configuration: defaults, then the file, then the environment, then flags; the later
// wins.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/config/config.h"
#include "base/result.h"

namespace tarsier::app {

struct Sources {
  std::optional<std::filesystem::path> file;
  std::optional<std::string> file_text;  // instead of reading the file; `file` then only names it
  std::function<const char*(const char*)> environment;     // getenv, or a test's
  std::vector<std::pair<std::string, std::string>> flags;  // key, value
};

struct Loaded {
  Config config;
  std::map<std::string, std::string> origins;  // key -> "default", "tarsier.yml:3", "flag --data"
  std::vector<std::string> warnings;  // deprecated keys, each with file, line and modern form
  std::vector<std::string> unknown;   // unknown keys, each with file, line and nearest match
};

// kInvalid names the file, the line (or the variable, the flag), the value and what is expected.
Result<Loaded> load(const Sources& sources);

// One line per setting: "key: value  # origin"; the selectors after them. Reads back as a file.
std::string print(const Loaded& loaded);

}  // namespace tarsier::app
