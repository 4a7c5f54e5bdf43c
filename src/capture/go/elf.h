// A Go program's file: which Go built it, and where the runtime keeps what the call link needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "capture/discovery/elf_file.h"

namespace tarsier::capture::go {

struct Range {
  uint64_t start, end;  // addresses as linked: add the load bias
};

struct Binary {
  std::string version;  // "go1.26.8", as built; may have a suffix (" X:..."), empty when unknown
  std::string main_package;               // path of the main package, "example.com/shop/cmd/core"
  std::string module;                     // path of the main module
  std::vector<std::string> dependencies;  // module paths
  std::string grpc_version;               // "v1.85.0"; empty: none, or replaced by another module
  bool pie = false;                       // loaded at another address than linked
  uint64_t entry = 0;                     // e_entry: ProcFs::entry_address(pid) - entry is the bias
  uint64_t allp = 0;                      // runtime.allp, a slice header; 0 in a stripped file
  std::vector<Range> data;                // writable data and bss: where to look for allp then
  uint64_t load_bias(uint64_t entry_address) const { return pie ? entry_address - entry : 0; }
};

// "go1.26.8 X:foo" -> 1, 26, 8; "go1.27rc1", "devel go1.28-abc" -> patch 0. All 0 when unknown.
struct Version {
  uint16_t major = 0, minor = 0, patch = 0;
};
Version parse_version(std::string_view text);

// Reads a 64-bit little-endian ELF file with bounded reads. kNotFound when it is no Go program,
// kUnsupported for another kind of ELF, kCorrupt when it contradicts itself.
Result<Binary> read(int fd);
Result<Binary> read(const ElfFile& file);

}  // namespace tarsier::capture::go
