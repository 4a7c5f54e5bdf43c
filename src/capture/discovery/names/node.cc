#include "capture/discovery/json_name.h"
#include "capture/discovery/names/names.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture::names {
namespace {

std::string absolute(const Clues& clues, std::string_view path) {
  if (path.starts_with('/')) return std::string(path);
  while (path.starts_with("./")) path.remove_prefix(2);
  return clues.cwd + (clues.cwd.ends_with('/') ? "" : "/") + std::string(path);
}

// The name in the nearest package.json above, without its scope.
std::string package_name(const Clues& clues, std::string_view folder) {
  for (int up = 0; up < 8 && !folder.empty(); up++) {
    std::string name = json_name(clues.read_file(std::string(folder) + "/package.json"));
    if (!name.empty()) return name.substr(name.rfind('/') + 1);
    folder = parent_folder(folder);
  }
  return {};
}

}  // namespace

std::string node(const Clues& clues) {
  // PM2 runs the script within its own.
  auto script_of_pm2 = variable(clues.environment, "pm_exec_path");
  auto name_in_pm2 = variable(clues.environment, "name");
  if (script_of_pm2 && name_in_pm2 && !name_in_pm2->empty()) return std::string(*name_in_pm2);
  const Words& all = clues.arguments;
  if (all.size() > 1 && in(all[1], {"-e", "--eval", "-p", "--print"})) return {};
  Words words = positional(
      clues.arguments, {"-r", "--require", "--import", "--loader", "--experimental-loader", "-C",
                        "--conditions", "--title", "--env-file", "--config"});
  bool has_commands = !basename(clues.exe_path).starts_with("node");
  while (has_commands && !words.empty() && in(words[0], {"run", "serve", "start", "task", "x"})) {
    words = positional(words, {"--config", "--env-file"});
  }
  std::string script = words.empty() ? std::string() : absolute(clues, words[0]);
  bool tool = script.empty() || script.find("/node_modules/") != script.npos;
  std::string folder(tool ? std::string_view(clues.cwd) : parent_folder(script));
  std::string package = package_name(clues, folder);
  if (!package.empty()) return package;
  auto npm = variable(clues.environment, "npm_package_name");
  if (npm && !npm->empty()) return std::string(npm->substr(npm->rfind('/') + 1));
  if (tool) return std::string(project_folder(folder));
  std::string_view name = stem(script);
  return std::string(in(name, {"index", "main"}) ? project_folder(folder) : name);
}

}  // namespace tarsier::capture::names
