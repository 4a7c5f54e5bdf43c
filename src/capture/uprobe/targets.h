// The places in one file where uprobes tell what is said over TLS.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/discovery/elf_file.h"

namespace tarsier::capture::uprobe {

enum class Hook : uint8_t { kGoTlsRead, kGoTlsWrite, kSsl };  // kSsl: its return too
constexpr size_t kHooks = 3;

struct Target {
  Hook hook;
  uint64_t offset = 0;  // in the file
  uint64_t cookie = 0;  // for the program
  bool cheap = true;    // on an emulated instruction
  bool operator==(const Target&) const = default;
};

// Empty when the file has none, or not in a shape that is known.
std::vector<Target> find_targets(const ElfFile& file);

}  // namespace tarsier::capture::uprobe
