#include "capture/uprobe/symbols.h"

#include <algorithm>
#include <cstring>

namespace tarsier::capture::uprobe {
namespace {

constexpr uint64_t kCodeMax = 64 << 10;
constexpr uint64_t kChunk = 1 << 20;
constexpr uint64_t kTableMax = 64 << 20;  // of one symbol table
constexpr size_t kPlacesMax = 16;         // of one name in a string table

// Linkers may share tails, so that a name can begin inside a longer one.
std::map<uint64_t, std::string_view> places_of(const ElfFile& file, const Elf64_Shdr& strings,
                                               const std::vector<std::string_view>& names) {
  std::map<uint64_t, std::string_view> places;
  for (std::string_view name : names) {
    std::string terminated = std::string(name) + '\0';
    uint64_t from = 0;
    for (size_t i = 0; i < kPlacesMax && from < strings.sh_size; i++) {
      auto hit = file.find(strings.sh_offset + from, strings.sh_size - from, terminated);
      if (!hit) break;
      from = *hit - strings.sh_offset + 1;
      places[from - 1] = name;
    }
  }
  return places;
}

void search_table(const ElfFile& file, std::string_view section,
                  const std::vector<std::string_view>& names, Functions& out) {
  const ElfSection* table = file.section(section);
  if (table == nullptr || table->header.sh_link >= file.sections().size()) return;
  auto places = places_of(file, file.sections()[table->header.sh_link].header, names);
  if (places.empty()) return;
  uint64_t size = std::min(table->header.sh_size, kTableMax);
  constexpr uint64_t kStep = kChunk / sizeof(Elf64_Sym) * sizeof(Elf64_Sym);
  for (uint64_t at = 0; at < size; at += kStep) {
    auto bytes = file.at_offset(table->header.sh_offset + at, std::min(kStep, size - at));
    if (!bytes) return;
    for (size_t i = 0; i + sizeof(Elf64_Sym) <= bytes->size(); i += sizeof(Elf64_Sym)) {
      Elf64_Sym symbol;
      std::memcpy(&symbol, bytes->data() + i, sizeof symbol);
      if (symbol.st_shndx == SHN_UNDEF || symbol.st_value == 0) continue;
      auto place = places.find(symbol.st_name);
      if (place == places.end() || ELF64_ST_TYPE(symbol.st_info) != STT_FUNC) continue;
      out.emplace(place->second, Function{symbol.st_value, symbol.st_size});
    }
  }
}

}  // namespace

Functions find_symbols(const ElfFile& file, const std::vector<std::string_view>& names) {
  Functions out;
  search_table(file, ".dynsym", names, out);
  if (out.size() < names.size()) search_table(file, ".symtab", names, out);
  return out;
}

uint64_t file_offset(const ElfFile& file, uint64_t address) {
  for (const Elf64_Phdr& segment : file.segments()) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    uint64_t into = address - segment.p_vaddr;
    if (into < segment.p_filesz) return segment.p_offset + into;
  }
  return 0;
}

std::string code_of(const ElfFile& file, const Function& function) {
  auto code = file.at_address(function.address, std::min(function.size, kCodeMax));
  return code ? std::move(*code) : std::string();
}

}  // namespace tarsier::capture::uprobe
