#include "capture/discovery/names/names.h"

namespace tarsier::capture::names {

std::string_view dotnet(const Clues& clues) {
  if (basename(clues.exe_path) != "dotnet") return basename(clues.exe_path);
  for (std::string_view word : positional(clues.arguments, {})) {
    if (word.ends_with(".dll")) return stem(word);
    if (in(word, {"run", "watch"})) return project_folder(clues.cwd);
  }
  return {};
}

}  // namespace tarsier::capture::names
