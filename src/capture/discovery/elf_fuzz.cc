// Whatever a program's file holds, reading it stays within bounds.
#include <cstdint>

#include "capture/discovery/clues.h"
#include "capture/discovery/elf_file.h"
#include "capture/go/elf.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tarsier::capture;
  StringSource source({reinterpret_cast<const char*>(data), size});
  auto file = ElfFile::open(source);
  if (!file) return 0;
  (void)identify_signature(*file);
  (void)identify_traces(*file);
  if (auto go = go::read(*file)) (void)go::parse_version(go->version);
  return 0;
}
