// What a process says about itself, read once; the rules about its language and name look at this.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "capture/capture.h"

namespace tarsier::capture {

// A small file as the process sees it, by absolute path; empty when there is none.
using FileReader = std::function<std::string(const std::string& path)>;

struct Clues {
  std::string exe_path, cwd;
  std::vector<std::string_view> arguments;    // argv, the program's name first
  std::vector<std::string_view> environment;  // NAME=value
  std::vector<std::string_view> mapped;       // files mapped into it
  FileReader read_file = [](const std::string&) { return std::string(); };
};

std::string_view basename(std::string_view path);       // "/usr/bin/node" -> "node"
std::string_view parent_folder(std::string_view path);  // "/usr/bin/node" -> "/usr/bin"
std::string_view stem(std::string_view path);           // "/srv/app.py" -> "app"

// What is in the program's file, before anything else is asked.
struct Program {
  Language language = Language::kUnknown;
  std::string version;
  bool is_interpreter = false;            // its arguments say which program it runs
  std::string main_package;               // Go: path of the main package
  std::vector<std::string> dependencies;  // Go: module paths
};

class ElfFile;

// By what the compiler signed: Go, and Rust in most builds. Costs a few small reads.
Program identify_signature(const ElfFile& file);

// For a program that is nothing else: Rust by what its runtime leaves behind, C++ by its library.
// May read the whole file, and most interpreters would pass for C++.
Language identify_traces(const ElfFile& file);

// Interpreters and virtual machines, by the executable's name or a mapped library. kUnknown: none.
Program identify_runtime(const Clues& clues);

// It is set up to export telemetry by itself: an agent or SDK is loaded, or OTEL_* says where to.
bool exports_telemetry(const Clues& clues, const Program& program);

// A name for a process that was given none: its script, module, jar or package, else its program.
std::string derive_name(const Clues& clues, const Program& program);

}  // namespace tarsier::capture
