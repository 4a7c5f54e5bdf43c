#include "app/config/yaml.h"

#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace tarsier::app {
namespace {

using Environment = std::function<const char*(const char*)>;

std::string substitute(const std::string& text, const Environment& environment) {
  std::string out;
  size_t at = 0;
  while (true) {
    size_t open = text.find("${", at);
    size_t close = open == std::string::npos ? open : text.find('}', open);
    if (close == std::string::npos) return out + text.substr(at);
    out += text.substr(at, open - at);
    std::string name = text.substr(open + 2, close - open - 2);
    std::string fallback;
    if (size_t colon = name.find(":-"); colon != std::string::npos) {
      fallback = name.substr(colon + 2);
      name.resize(colon);
    }
    const char* value = environment ? environment(name.c_str()) : nullptr;
    out += value && *value ? value : fallback;
    at = close + 1;
  }
}

void flatten(const YAML::Node& node, YamlEntry at, const Environment& environment,
             std::vector<YamlEntry>& out) {
  at.line = node.Mark().line + 1;
  if (node.IsMap()) {
    for (const auto& pair : node) {
      YamlEntry child = at;
      child.path += (at.path.empty() ? "" : ".") + pair.first.as<std::string>();
      flatten(pair.second, std::move(child), environment, out);
    }
  } else if (node.IsSequence()) {
    for (size_t i = 0; i < node.size(); i++) {
      YamlEntry child = at;
      child.path += "[]";
      child.index.push_back(i);
      flatten(node[i], std::move(child), environment, out);
    }
  } else if (node.IsScalar()) {
    at.value = substitute(node.Scalar(), environment);
    out.push_back(std::move(at));
  }
}

}  // namespace

Result<std::vector<YamlEntry>> read_yaml(std::string_view text, const Environment& environment) {
  std::vector<YamlEntry> out;
  try {
    flatten(YAML::Load(std::string(text)), {}, environment, out);
  } catch (const YAML::Exception& e) {
    return invalid(fmt::format("{}: not YAML: {}", e.mark.line + 1, e.msg));
  }
  return out;
}

}  // namespace tarsier::app
