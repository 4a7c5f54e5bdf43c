// The places in one file where uprobes tell what is said over TLS, and whose streams of
// HTTP/2 are.
#pragma once

#include <cstdint>
#include <vector>

#include "capture/discovery/elf_file.h"

namespace tarsier::capture::uprobe {

enum class Hook : uint8_t {
  kGoTlsRead,
  kGoTlsWrite,
  kSsl,  // its return too
  kGoHandler,
  kGoStreamCall,
};
constexpr size_t kHooks = 5;

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
