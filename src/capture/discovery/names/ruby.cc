#include "capture/discovery/names/names.h"

namespace tarsier::capture::names {

std::string_view ruby(const Clues& clues) {
  const Words& words = clues.arguments;
  // "puma 6.4.0 (tcp://0.0.0.0:3000) [shop]"
  if (!words.empty() && words[0].starts_with("puma")) return bracketed(words[0]);
  Words rest = positional(words, {"-r", "-I", "-C", "-E"});
  if (rest.empty()) return {};
  std::string_view program = stem(rest[0]);
  bool server = in(program, {"puma", "unicorn", "rackup", "rails", "thin", "falcon", "bundle",
                             "passenger", "sidekiq"});
  return server ? project_folder(clues.cwd) : program;
}

}  // namespace tarsier::capture::names
