// A YAML file as flat entries: the dotted path of each scalar, its text and its line.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarsier::app {

struct YamlEntry {
  std::string path;           // "discovery.services[].exe_path"; list items without their index
  std::vector<size_t> index;  // the index for each [] of the path
  std::string value;
  int line = 0;  // from 1
};

// ${NAME} and ${NAME:-fallback} in values are replaced by `environment`, as Beyla does.
// kInvalid names the line of what is not YAML.
Result<std::vector<YamlEntry>> read_yaml(
    std::string_view text, const std::function<const char*(const char*)>& environment);

}  // namespace tarsier::app
