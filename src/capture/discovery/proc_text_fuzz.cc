// The text of /proc is in part a process's own words. The first byte chooses the reader.
#include <cstdint>

#include "capture/discovery/clues.h"
#include "capture/discovery/json_name.h"
#include "capture/discovery/proc_text.h"
#include "capture/discovery/selection.h"

namespace {

// A program's path, its folder, a file's content, then arguments; NUL between them.
void name_of(std::string_view text) {
  using namespace tarsier::capture;
  auto words = split_nul(text, 64);
  if (words.size() < 3) return;
  Clues clues;
  clues.exe_path = words[0];
  clues.cwd = words[1];
  clues.read_file = [&words](const std::string&) { return std::string(words[2]); };
  clues.arguments.assign(words.begin() + 3, words.end());
  clues.environment = clues.mapped = clues.arguments;
  Program program = identify_runtime(clues);
  std::string name = derive_name(clues, program);
  if (name.size() > 128) __builtin_trap();
  (void)exports_telemetry(clues, program);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::capture;
  if (size == 0) return 0;
  std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  PortsByInode ports;
  switch (data[0] % 8) {
    case 0:
      (void)parse_stat(text);
      break;
    case 1:
      parse_listening(text, ports);
      break;
    case 2:
      (void)parse_resource_attributes(text);
      break;
    case 3:
      (void)container_id(text, text);
      break;
    case 4:
      (void)parse_mapped_files(text, 64);
      break;
    case 5:
      (void)json_name(text);
      break;
    case 6:
      name_of(text);
      break;
    case 7:
      (void)parse_ports(text);
      (void)Selection::create({{.regex = false,
                                .exe_path = std::string(text),
                                .open_ports = "",
                                .name = "",
                                .service_namespace = ""}},
                              {});
      break;
  }
  return 0;
}
