#include <algorithm>
#include <array>
#include <cctype>

#include "capture/discovery/clues.h"
#include "capture/discovery/elf_file.h"
#include "capture/discovery/proc_text.h"
#include "capture/go/elf.h"

namespace tarsier::capture {
namespace {

struct Runtime {
  Language language;
  std::string_view program;   // the executable's name, a version may follow
  std::string_view library;   // prefix of a mapped library's name
  std::string_view variable;  // where container images commonly write the version
};
constexpr std::array kRuntimes = {
    Runtime{Language::kJava, "java", "libjvm.so", "JAVA_VERSION"},
    Runtime{Language::kDotnet, "dotnet", "libcoreclr.so", "DOTNET_VERSION"},
    Runtime{Language::kNode, "node", "libnode.so", "NODE_VERSION"},
    Runtime{Language::kNode, "nodejs", "libnode.so", "NODE_VERSION"},
    Runtime{Language::kNode, "deno", "", "DENO_VERSION"},
    Runtime{Language::kNode, "bun", "", "BUN_VERSION"},
    Runtime{Language::kPython, "python", "libpython", "PYTHON_VERSION"},
    Runtime{Language::kPython, "pypy", "libpypy", "PYPY_VERSION"},
    Runtime{Language::kPython, "uwsgi", "libpython", "PYTHON_VERSION"},
    Runtime{Language::kRuby, "ruby", "libruby", "RUBY_VERSION"},
    Runtime{Language::kPhp, "php", "libphp", "PHP_VERSION"},
    Runtime{Language::kPhp, "php-fpm", "libphp", "PHP_VERSION"},
    Runtime{Language::kPhp, "php-cgi", "libphp", "PHP_VERSION"},
};

bool is_version_char(char c) {
  return std::isdigit(static_cast<unsigned char>(c)) || c == '.';
}

// "python3.11" is python, "node_exporter" is not node.
bool is_program(std::string_view name, std::string_view program) {
  if (!name.starts_with(program)) return false;
  name.remove_prefix(program.size());
  return std::all_of(name.begin(), name.end(), is_version_char);
}

// The longest "1.2.3" in the text, which needs a dot to count.
std::string_view version_in(std::string_view text) {
  std::string_view best;
  for (size_t at = 0; at < text.size();) {
    size_t end = at;
    while (end < text.size() && is_version_char(text[end])) end++;
    std::string_view found = text.substr(at, end - at);
    while (found.ends_with('.')) found.remove_suffix(1);
    bool version = !found.starts_with('.') && found.find('.') != found.npos;
    if (version && found.size() > best.size()) best = found;
    at = end + 1;
  }
  return best;
}

// A folder that is a version and nothing else ("v20.11.1", "3.12.1") and agrees with `known`.
std::string_view version_folder(std::string_view path, std::string_view known) {
  while (!path.empty()) {
    std::string_view name = path.substr(0, path.find('/'));
    path.remove_prefix(std::min(name.size() + 1, path.size()));
    if (name.starts_with('v')) name.remove_prefix(1);
    bool whole = !name.empty() && version_in(name) == name;
    if (whole && name.size() > known.size() && name.starts_with(known)) return name;
  }
  return {};
}

// The JDK's "release" file lies a few folders above its programs and libraries.
std::string java_version(const Clues& clues, std::string_view library) {
  std::string_view folder = library.empty() ? std::string_view(clues.exe_path) : library;
  for (int up = 0; up < 5 && folder.size() > 1; up++) {
    folder = parent_folder(folder);
    std::string text = clues.read_file(std::string(folder) + "/release");
    size_t at = text.find("JAVA_VERSION=\"");
    if (at == text.npos) continue;
    text.erase(0, at + 14);
    return text.substr(0, text.find('"'));
  }
  return {};
}

// Node installs its headers beside itself.
std::string node_version(const Clues& clues) {
  std::string_view prefix = parent_folder(parent_folder(clues.exe_path));
  std::string text = clues.read_file(std::string(prefix) + "/include/node/node_version.h");
  std::string out;
  for (std::string_view part :
       {"NODE_MAJOR_VERSION ", "NODE_MINOR_VERSION ", "NODE_PATCH_VERSION "}) {
    size_t at = text.find(part);
    if (at == text.npos) return {};
    size_t end = at += part.size();
    while (end < text.size() && std::isdigit(static_cast<unsigned char>(text[end]))) end++;
    out += (out.empty() ? "" : ".") + text.substr(at, end - at);
  }
  return out;
}

std::string runtime_version(const Clues& clues, const Runtime& runtime, std::string_view library) {
  std::string version;
  if (runtime.language == Language::kJava) version = java_version(clues, library);
  if (runtime.language == Language::kNode && runtime.program.starts_with("node")) {
    version = node_version(clues);
  }
  if (version.empty()) {
    version = version_in(basename(library.empty() ? std::string_view(clues.exe_path) : library));
    std::string_view finer = version_folder(library.empty() ? clues.exe_path : library, version);
    if (!finer.empty()) version = finer;
  }
  auto said = variable(clues.environment, runtime.variable);
  if (said && said->size() > version.size() && said->starts_with(version)) version = *said;
  return version.substr(0, 64);
}

// "/rustc/<40 digits of a commit>/library/core/src/...", in full since a program that looks for
// such paths, as this one does, holds a part of them.
bool names_rust_library(const ElfFile& file) {
  constexpr std::string_view kPrefix = "/rustc/";
  constexpr size_t kCommit = 40;
  const ElfSection* section = file.section(".rodata");
  if (section == nullptr) return false;
  auto hit = file.find(section->header.sh_offset, section->header.sh_size, kPrefix);
  if (!hit) return false;
  auto path = file.at_offset(*hit + kPrefix.size(), kCommit + 9);
  return path && path->find_first_not_of("0123456789abcdef") == kCommit &&
         path->ends_with("/library/");
}

// The compiler signs its output: "rustc version 1.75.0 (82e1608df 2023-12-21)".
std::optional<std::string> rust_signature(const ElfFile& file) {
  constexpr std::string_view kSignature = "rustc version ";
  const ElfSection* comment = file.section(".comment");
  if (comment == nullptr) return std::nullopt;
  uint64_t size = std::min<uint64_t>(comment->header.sh_size, 64 << 10);
  auto text = file.at_offset(comment->header.sh_offset, size);
  size_t at = text ? text->find(kSignature) : std::string::npos;
  if (at == std::string::npos) return std::nullopt;
  std::string version = text->substr(at + kSignature.size(), 32);
  return version.substr(0, version.find_first_of(std::string_view(" \0", 2)));
}

bool mentions(const std::vector<std::string_view>& texts, std::string_view word) {
  return std::any_of(texts.begin(), texts.end(),
                     [word](std::string_view text) { return text.find(word) != text.npos; });
}

}  // namespace

Program identify_signature(const ElfFile& file) {
  Program program;
  if (auto go = go::read(file)) {
    program.language = Language::kGo;
    program.version = go->version.substr(0, go->version.find(' '));
    program.main_package = std::move(go->main_package);
    program.dependencies = std::move(go->dependencies);
  } else if (auto rust = rust_signature(file)) {
    program.language = Language::kRust;
    program.version = std::move(*rust);
  }
  return program;
}

Language identify_traces(const ElfFile& file) {
  if (file.contains(".strtab", "rust_eh_personality") || names_rust_library(file)) {
    return Language::kRust;
  }
  for (const std::string& library : file.needed()) {
    if (library.starts_with("libstdc++.so") || library.starts_with("libc++.so")) {
      return Language::kCpp;
    }
  }
  return file.contains(".strtab", "__cxa_throw") ? Language::kCpp : Language::kUnknown;
}

Program identify_runtime(const Clues& clues) {
  std::string_view name = basename(clues.exe_path);
  for (const Runtime& runtime : kRuntimes) {
    if (!is_program(name, runtime.program)) continue;
    return {runtime.language, runtime_version(clues, runtime, {}), true, {}, {}};
  }
  for (const Runtime& runtime : kRuntimes) {
    if (runtime.library.empty()) continue;
    for (std::string_view path : clues.mapped) {
      if (!basename(path).starts_with(runtime.library)) continue;
      // A .NET program has a launcher of its own, which is called as it is.
      bool launcher = runtime.language == Language::kDotnet;
      return {runtime.language, runtime_version(clues, runtime, path), launcher, {}, {}};
    }
  }
  return {};
}

bool exports_telemetry(const Clues& clues, const Program& program) {
  auto is = [&clues](std::string_view name, std::string_view value) {
    return variable(clues.environment, name) == value;
  };
  if (is("OTEL_SDK_DISABLED", "true") || is("OTEL_TRACES_EXPORTER", "none")) return false;
  for (const std::string& module : program.dependencies) {
    if (module.starts_with("go.opentelemetry.io/otel/sdk") ||
        module.starts_with("go.opentelemetry.io/otel/exporters/")) {
      return true;
    }
  }
  // -javaagent:…/opentelemetry-javaagent.jar, opentelemetry-instrument, --require @opentelemetry/…
  if (mentions(clues.arguments, "opentelemetry") || mentions(clues.mapped, "libopentelemetry")) {
    return true;
  }
  for (std::string_view name : {"JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS", "NODE_OPTIONS",
                                "PYTHONPATH", "RUBYOPT", "DOTNET_STARTUP_HOOKS"}) {
    auto value = variable(clues.environment, name);
    if (value && value->find("opentelemetry") != value->npos) return true;
  }
  for (std::string_view name : {"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
                                "OTEL_TRACES_EXPORTER", "OTEL_DOTNET_AUTO_HOME"}) {
    auto value = variable(clues.environment, name);
    if (value && !value->empty()) return true;
  }
  return false;
}

}  // namespace tarsier::capture
