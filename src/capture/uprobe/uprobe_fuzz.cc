// Whatever a program's file or memory map holds, finding places for uprobes stays within bounds.
#include <cstdint>

#include "capture/uprobe/instruction.h"
#include "capture/uprobe/places.h"
#include "capture/uprobe/targets.h"
#include "capture/uprobe/tls_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::capture;
  std::string_view bytes(reinterpret_cast<const char*>(data), size);
  auto first = uprobe::decode(bytes);
  if (first && (first->length == 0 || first->length > size)) __builtin_trap();
  (void)uprobe::behind_stack_check(bytes);
  (void)uprobe::only_call(bytes, 0x1000, 0x2000);
  (void)uprobe::c_entry(bytes, 0x1000);
  (void)uprobe::client_random(bytes);
  (void)uprobe::server_flag(bytes);
  (void)uprobe::executable_mappings(bytes);
  StringSource source(bytes);
  auto file = ElfFile::open(source);
  if (file) (void)uprobe::find_targets(*file);
  return 0;
}
