// Functions of a program or library by name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "capture/discovery/elf_file.h"

namespace tarsier::capture::uprobe {

struct Function {
  uint64_t address = 0;  // as linked
  uint64_t size = 0;
};
using Functions = std::map<std::string, Function, std::less<>>;

// Of .dynsym, else .symtab: those of `names` that are there.
Functions find_symbols(const ElfFile& file, const std::vector<std::string_view>& names);

// Of Go's table of functions, which stripped programs have too. The layout is that of Go 1.18 to
// 1.26; an unknown one gives nothing.
Functions find_go_functions(const ElfFile& file, const std::vector<std::string_view>& names);

// Offset in the file of a linked address; 0 when the file does not hold it.
uint64_t file_offset(const ElfFile& file, uint64_t address);

// At most 64 KB of its code; empty when the file lacks them.
std::string code_of(const ElfFile& file, const Function& function);

}  // namespace tarsier::capture::uprobe
