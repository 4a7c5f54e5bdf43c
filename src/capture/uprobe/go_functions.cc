// Go's table of functions (pclntab): a header; names; and, for each function in the order of their
// addresses, its distance from the beginning of Go's code and where its own record is.
#include <algorithm>
#include <cstring>
#include <optional>

#include "capture/uprobe/places.h"
#include "capture/uprobe/symbols.h"

namespace tarsier::capture::uprobe {
namespace {

constexpr uint32_t kMagic118 = 0xfffffff0, kMagic120 = 0xfffffff1;
constexpr uint64_t kHeaderBytes = 72;
constexpr uint64_t kTableMax = uint64_t{256} << 20;
constexpr uint64_t kFunctionsMax = 1 << 20;
constexpr uint64_t kChunk = 4 << 20;
constexpr uint64_t kModuleText = 176;  // in runtime.moduledata: where Go's code begins

struct Header {
  uint64_t offset = 0, address = 0;  // of the table
  uint64_t functions = 0, text = 0, names = 0, files = 0, records = 0;
};

struct Entry {
  uint32_t code, record;
};

template <typename T>
std::optional<T> value_at(const ElfFile& file, uint64_t offset) {
  auto bytes = file.at_offset(offset, sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

const ElfSection* section_of(const ElfFile& file) {
  const ElfSection* section = file.section(".gopclntab");
  return section ? section : file.section(".data.rel.ro.gopclntab");
}

std::optional<Header> read_header(const ElfFile& file) {
  const ElfSection* section = section_of(file);
  if (section == nullptr) return std::nullopt;
  auto bytes = file.at_offset(section->header.sh_offset, kHeaderBytes);
  if (!bytes) return std::nullopt;
  uint32_t magic;
  std::memcpy(&magic, bytes->data(), sizeof magic);
  if ((magic != kMagic118 && magic != kMagic120) || (*bytes)[7] != 8) return std::nullopt;
  uint64_t words[8];
  std::memcpy(words, bytes->data() + 8, sizeof words);
  Header out{.offset = section->header.sh_offset, .address = section->header.sh_addr};
  out.functions = words[0];
  out.text = words[2];
  out.names = words[3];
  out.files = words[4];
  out.records = words[7];
  uint64_t size = std::min(section->header.sh_size, kTableMax);
  bool whole = out.names < out.files && out.files <= size && out.records < size &&
               out.functions <= kFunctionsMax && out.functions * 8 <= size - out.records;
  return whole ? std::optional(out) : std::nullopt;
}

// Distance of each name in the names' part.
std::map<uint32_t, std::string_view> name_offsets(const ElfFile& file, const Header& header,
                                                  const std::vector<std::string_view>& names) {
  std::map<uint32_t, std::string_view> out;
  for (std::string_view name : names) {
    std::string wanted = '\0' + std::string(name) + '\0';
    auto hit = file.find(header.offset + header.names, header.files - header.names, wanted);
    if (hit) out[static_cast<uint32_t>(*hit + 1 - header.offset - header.names)] = name;
  }
  return out;
}

// In a position-independent file a pointer is in the relocation of its address.
std::optional<uint64_t> relocated(const ElfFile& file, uint64_t address) {
  const ElfSection* table = file.section(".rela.dyn");
  if (table == nullptr) return std::nullopt;
  uint64_t size = std::min<uint64_t>(table->header.sh_size, kTableMax);
  constexpr uint64_t kStep = kChunk / sizeof(Elf64_Rela) * sizeof(Elf64_Rela);
  for (uint64_t at = 0; at < size; at += kStep) {
    auto bytes = file.at_offset(table->header.sh_offset + at, std::min(kStep, size - at));
    if (!bytes) return std::nullopt;
    for (size_t i = 0; i + sizeof(Elf64_Rela) <= bytes->size(); i += sizeof(Elf64_Rela)) {
      Elf64_Rela entry;
      std::memcpy(&entry, bytes->data() + i, sizeof entry);
      if (entry.r_offset == address) return static_cast<uint64_t>(entry.r_addend);
    }
  }
  return std::nullopt;
}

// Where Go's code may begin. It is in the header up to Go 1.25, in the module's data always, and
// without C code in the program it is where the program's code begins.
std::vector<uint64_t> text_candidates(const ElfFile& file, const Header& header) {
  std::vector<uint64_t> out{header.text};
  if (auto text = relocated(file, header.address + 24)) out.push_back(*text);
  if (const ElfSection* module = file.section(".go.module")) {
    if (auto text = value_at<uint64_t>(file, module->header.sh_offset + kModuleText))
      out.push_back(*text);
    if (auto text = relocated(file, module->header.sh_addr + kModuleText)) out.push_back(*text);
  }
  if (const ElfSection* text = file.section(".text")) out.push_back(text->header.sh_addr);
  out.push_back(file.symbol("runtime.text"));
  std::erase(out, uint64_t{0});
  return out;
}

// Functions with a frame begin with a stack check: with the wrong beginning they do not.
bool plausible(const ElfFile& file, const Functions& functions) {
  for (const auto& [name, function] : functions) {
    if (!name.starts_with("crypto/tls.")) continue;
    if (!behind_stack_check(code_of(file, function))) return false;
  }
  return !functions.empty();
}

// Distances of the functions from the beginning of Go's code.
Functions distances(const ElfFile& file, const Header& header,
                    const std::map<uint32_t, std::string_view>& names) {
  Functions out;
  uint64_t table = header.offset + header.records;
  for (uint64_t i = 0; i < header.functions && out.size() < names.size();) {
    uint64_t count = std::min<uint64_t>(header.functions - i, kChunk / sizeof(Entry));
    auto bytes = file.at_offset(table + i * sizeof(Entry), count * sizeof(Entry) + 4);
    if (!bytes) return out;
    for (uint64_t k = 0; k < count; k++) {
      Entry entry;
      uint32_t end;
      std::memcpy(&entry, bytes->data() + k * sizeof entry, sizeof entry);
      std::memcpy(&end, bytes->data() + (k + 1) * sizeof entry, sizeof end);
      auto name = value_at<uint32_t>(file, table + entry.record + 4);
      auto found = name ? names.find(*name) : names.end();
      if (found == names.end() || end <= entry.code) continue;
      out.emplace(found->second, Function{entry.code, end - entry.code});
    }
    i += count;
  }
  return out;
}

}  // namespace

Functions find_go_functions(const ElfFile& file, const std::vector<std::string_view>& names) {
  auto header = read_header(file);
  if (!header) return {};
  auto offsets = name_offsets(file, *header, names);
  if (offsets.empty()) return {};
  Functions found = distances(file, *header, offsets);
  for (uint64_t text : text_candidates(file, *header)) {
    Functions moved = found;
    for (auto& [name, function] : moved) function.address += text;
    if (plausible(file, moved)) return moved;
  }
  return {};
}

}  // namespace tarsier::capture::uprobe
