#include <algorithm>
#include <cctype>

#include "capture/discovery/clues.h"
#include "capture/discovery/names/names.h"

namespace tarsier::capture {
namespace {

using names::in;
using names::is_digit;

constexpr size_t kNameMax = 128;

// ".../cmd/core" -> "core", ".../shop/v2" -> "shop"
std::string_view go_package_name(std::string_view path) {
  std::string_view last = basename(path);
  bool major_version =
      last.size() > 1 && last[0] == 'v' && std::all_of(last.begin() + 1, last.end(), is_digit);
  return major_version ? basename(parent_folder(path)) : last;
}

std::string_view program_name(const Clues& clues, const Program& program) {
  std::string_view name = basename(clues.exe_path);
  if (name.starts_with("memfd:")) name.remove_prefix(6);
  if (name.starts_with("ld-linux") && clues.arguments.size() > 1)
    return basename(clues.arguments[1]);
  if (name == "busybox" && !clues.arguments.empty()) return basename(clues.arguments[0]);
  bool says_nothing =
      in(name, {"main", "app", "server", "a.out", "exe"}) || name.starts_with("__debug_bin");
  bool built_by_path = program.main_package.find('/') != program.main_package.npos;
  if (says_nothing && built_by_path) return go_package_name(program.main_package);
  bool interpreter = !in(capture::name(program.language), {"", "go", "rust", "cpp"});
  if (!interpreter) return name;
  while (!name.empty() && (is_digit(name.back()) || name.back() == '.')) {
    name.remove_suffix(1);
  }
  return name;
}

std::string by_language(const Clues& clues, Language language) {
  switch (language) {
    case Language::kPython:
      return std::string(names::python(clues));
    case Language::kJava:
      return std::string(names::java(clues));
    case Language::kNode:
      return names::node(clues);
    case Language::kRuby:
      return std::string(names::ruby(clues));
    case Language::kPhp:
      return std::string(names::php(clues));
    case Language::kDotnet:
      return std::string(names::dotnet(clues));
    default:
      return {};
  }
}

}  // namespace

std::string_view basename(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  size_t slash = path.rfind('/');
  return slash == path.npos ? path : path.substr(slash + 1);
}

std::string_view parent_folder(std::string_view path) {
  while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
  size_t slash = path.rfind('/');
  if (slash == path.npos) return {};
  return slash == 0 && path.size() > 1 ? path.substr(0, 1) : path.substr(0, slash);
}

std::string_view stem(std::string_view path) {
  std::string_view name = basename(path);
  size_t dot = name.rfind('.');
  return dot == name.npos || dot == 0 ? name : name.substr(0, dot);
}

std::string derive_name(const Clues& clues, const Program& program) {
  // A program that embeds an interpreter has arguments of its own.
  std::string name;
  if (program.is_interpreter) name = by_language(clues, program.language);
  if (name.empty()) name = program_name(clues, program);
  name.resize(std::min(name.size(), kNameMax));
  for (char& c : name) {
    if (std::iscntrl(static_cast<unsigned char>(c))) c = '_';
  }
  return name;
}

}  // namespace tarsier::capture
