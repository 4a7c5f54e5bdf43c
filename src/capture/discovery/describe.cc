#include <fmt/format.h>
#include <fmt/ranges.h>

#include "capture/discovery/clues.h"
#include "capture/discovery/discovery.h"
#include "capture/discovery/elf_file.h"
#include "capture/discovery/proc_text.h"

namespace tarsier::capture {
namespace {

// What is read of one process at most, in bytes and entries.
constexpr size_t kCommandLineMax = 64 << 10;
constexpr size_t kEnvironmentMax = 512 << 10;
constexpr size_t kMapsMax = 1 << 20;
constexpr size_t kCgroupMax = 16 << 10;
constexpr size_t kMountsMax = 256 << 10;
constexpr size_t kSmallFileMax = 64 << 10;
constexpr size_t kWordsMax = 8'192;
constexpr size_t kMappedMax = 4'096;
constexpr size_t kShownCommandLineMax = 4'096;

Program identify(const ProcFs& proc, uint32_t pid, Clues& clues, std::string& maps) {
  auto exe = proc.open_exe(pid);
  FdSource source(exe ? exe->get() : -1);
  auto file = ElfFile::open(source);
  if (file) {
    Program program = identify_signature(*file);
    if (program.language != Language::kUnknown) return program;
  }
  maps = proc.read(pid, "maps", kMapsMax).value_or("");
  clues.mapped = parse_mapped_files(maps, kMappedMax);
  Program program = identify_runtime(clues);
  if (program.language == Language::kUnknown && file) program.language = identify_traces(*file);
  return program;
}

// Takes the names out of what is left as resource attributes.
void read_attributes(const Clues& clues, Process& process) {
  auto text = variable(clues.environment, "OTEL_RESOURCE_ATTRIBUTES");
  if (!text) return;
  for (model::KeyValue& attribute : parse_resource_attributes(*text)) {
    const auto* value = std::get_if<std::string>(&attribute.value.data);
    if (attribute.key == "service.name") {
      process.service_name = *value;
    } else if (attribute.key == "service.namespace") {
      process.service_namespace = *value;
    } else {
      process.resource_attributes.push_back(std::move(attribute));
    }
  }
}

// Returns what the service name is from.
std::string_view read_names(const Clues& clues, const Program& program, const Verdict& verdict,
                            Process& process) {
  std::string_view from = "its OTEL_RESOURCE_ATTRIBUTES";
  read_attributes(clues, process);
  if (process.service_namespace.empty()) process.service_namespace = verdict.service_namespace;
  auto own = variable(clues.environment, "OTEL_SERVICE_NAME");
  if (own && !own->empty()) {
    process.service_name = *own;
    from = "its OTEL_SERVICE_NAME";
  }
  if (!process.service_name.empty()) return from;
  process.service_name = verdict.name;
  if (!process.service_name.empty()) return "the selector";
  process.service_name = derive_name(clues, program);
  return program.is_interpreter ? "the program that it runs" : "its program";
}

std::string read_container_id(const ProcFs& proc, uint32_t pid) {
  std::string cgroup = proc.read(pid, "cgroup", kCgroupMax).value_or("");
  std::string id = container_id(cgroup, "");
  if (!id.empty()) return id;
  return container_id("", proc.read(pid, "mountinfo", kMountsMax).value_or(""));
}

}  // namespace

std::string_view name(Language language) {
  switch (language) {
    case Language::kUnknown:
      return "";
    case Language::kGo:
      return "go";
    case Language::kJava:
      return "java";
    case Language::kPython:
      return "python";
    case Language::kNode:
      return "nodejs";
    case Language::kRuby:
      return "ruby";
    case Language::kDotnet:
      return "dotnet";
    case Language::kPhp:
      return "php";
    case Language::kRust:
      return "rust";
    case Language::kCpp:
      return "cpp";
  }
  return "";
}

Result<Process> describe(const ProcFs& proc, uint32_t pid, const Verdict& verdict,
                         std::string_view* named_by) {
  Process process;
  process.pid = pid;
  TRY(process.exe_path, proc.exe_path(pid));
  TRY(process.start_time, proc.start_time(pid));
  std::string arguments = proc.read(pid, "cmdline", kCommandLineMax).value_or("");
  std::string environment = proc.read(pid, "environ", kEnvironmentMax).value_or("");
  std::string maps;

  Clues clues;
  clues.exe_path = process.exe_path;
  clues.cwd = proc.link(pid, "cwd").value_or("");
  clues.arguments = split_nul(arguments, kWordsMax);
  clues.environment = split_nul(environment, kWordsMax);
  clues.read_file = [&proc, pid](const std::string& path) {
    return proc.read_inside(pid, path, kSmallFileMax).value_or("");
  };
  Program program = identify(proc, pid, clues, maps);

  process.command_line = fmt::format("{}", fmt::join(clues.arguments, " "));
  process.command_line.resize(std::min(process.command_line.size(), kShownCommandLineMax));
  process.language = program.language;
  process.language_version = program.version;
  process.container_id = read_container_id(proc, pid);
  process.has_otel_sdk = exports_telemetry(clues, program);
  std::string_view from = read_names(clues, program, verdict, process);
  if (named_by) *named_by = from;

  // A process that exits loses its memory first: what was read of it may be empty.
  TRY(uint64_t start_time, proc.start_time(pid));
  if (start_time != process.start_time || !proc.exe_path(pid)) {
    return not_found(fmt::format("process {} ended while it was looked at", pid));
  }
  return process;
}

}  // namespace tarsier::capture
