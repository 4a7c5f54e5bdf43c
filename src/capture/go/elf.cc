#include "capture/go/elf.h"

#include <algorithm>
#include <charconv>
#include <cstring>
#include <optional>

namespace tarsier::capture::go {
namespace {

// The linker leaves 32 bytes in front of the build information: this magic, the size of a pointer,
// and flags. With kInline, two strings follow, each with its length as a varint; before Go 1.18,
// two pointers to Go string headers instead.
constexpr std::string_view kMagic = "\xff Go buildinf:";
constexpr uint64_t kHeaderSize = 32;
constexpr uint64_t kAlignment = 16;
enum : uint8_t { kBigEndian = 1, kInline = 2 };

constexpr std::string_view kGrpc = "google.golang.org/grpc";
constexpr size_t kVersionMax = 256;
constexpr size_t kModulesMax = 1 << 20;  // bytes of the list of modules
constexpr size_t kDependenciesMax = 4'096;
constexpr size_t kGuard = 16;  // bytes of a marker before and behind the list of modules

struct BuildInfo {
  std::string version, modules;
};

uint64_t little_endian(std::string_view bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes.data(), std::min<size_t>(bytes.size(), 8));
  return value;
}

// A varint at `offset`, which then points behind it.
std::optional<uint64_t> varint(const ElfFile& file, uint64_t& offset) {
  uint64_t value = 0;
  for (int shift = 0; shift < 63; shift += 7) {
    auto byte = file.at_offset(offset++, 1);
    if (!byte) return std::nullopt;
    uint8_t bits = static_cast<uint8_t>((*byte)[0]);
    value |= uint64_t{bits & 0x7fu} << shift;
    if ((bits & 0x80) == 0) return value;
  }
  return std::nullopt;
}

std::string inline_string(const ElfFile& file, uint64_t& offset, size_t max) {
  auto size = varint(file, offset);
  if (!size || *size > max) return {};
  auto text = file.at_offset(offset, *size);
  offset += *size;
  return text ? std::move(*text) : std::string();
}

// In a position-independent file a pointer may be left to the loader: then the value is in the
// relocation of its address.
uint64_t relocated(const ElfFile& file, uint64_t address) {
  const ElfSection* table = file.section(".rela.dyn");
  if (table == nullptr) return 0;
  uint64_t size = std::min<uint64_t>(table->header.sh_size, 4 << 20);
  auto bytes = file.at_offset(table->header.sh_offset, size);
  if (!bytes) return 0;
  for (size_t at = 0; at + sizeof(Elf64_Rela) <= bytes->size(); at += sizeof(Elf64_Rela)) {
    Elf64_Rela entry;
    std::memcpy(&entry, bytes->data() + at, sizeof(entry));
    if (entry.r_offset == address) return static_cast<uint64_t>(entry.r_addend);
  }
  return 0;
}

uint64_t pointer_at(const ElfFile& file, uint64_t address) {
  auto bytes = file.at_address(address, 8);
  if (!bytes) return 0;
  uint64_t value = little_endian(*bytes);
  return value != 0 ? value : relocated(file, address);
}

// `slot` holds the address of a string header: pointer to the text, length.
std::string pointed_string(const ElfFile& file, uint64_t slot, size_t max) {
  uint64_t header = pointer_at(file, slot);
  if (header == 0) return {};
  auto size = file.at_address(header + 8, 8);
  if (!size || little_endian(*size) > max) return {};
  auto text = file.at_address(pointer_at(file, header), little_endian(*size));
  return text ? std::move(*text) : std::string();
}

struct Place {
  uint64_t offset, address;
};

std::optional<Place> find_in(const ElfFile& file, uint64_t offset, uint64_t size,
                             uint64_t address) {
  auto hit = file.find(offset, size, kMagic, kAlignment);
  if (!hit) return std::nullopt;
  return Place{*hit, address + (*hit - offset)};
}

// By its section or, in a file without sections, in the writable data.
std::optional<Place> find_build_info(const ElfFile& file) {
  if (const ElfSection* section = file.section(".go.buildinfo")) {
    const Elf64_Shdr& header = section->header;
    return find_in(file, header.sh_offset, header.sh_size, header.sh_addr);
  }
  if (!file.sections().empty()) return std::nullopt;
  uint64_t budget = ElfFile::kSearchMax;
  for (const Elf64_Phdr& segment : file.segments()) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) != 0) continue;
    uint64_t size = std::min(segment.p_filesz, budget);
    budget -= size;
    auto place = find_in(file, segment.p_offset, size, segment.p_vaddr);
    if (place) return place;
  }
  return std::nullopt;
}

BuildInfo read_build_info(const ElfFile& file, Place place) {
  BuildInfo info;
  auto header = file.at_offset(place.offset, kHeaderSize);
  if (!header) return info;
  uint8_t pointer_size = static_cast<uint8_t>((*header)[14]);
  uint8_t flags = static_cast<uint8_t>((*header)[15]);
  if ((flags & kInline) != 0) {
    uint64_t offset = place.offset + kHeaderSize;
    info.version = inline_string(file, offset, kVersionMax);
    info.modules = inline_string(file, offset, kModulesMax);
  } else if (pointer_size == 8 && (flags & kBigEndian) == 0) {
    info.version = pointed_string(file, place.address + 16, kVersionMax);
    info.modules = pointed_string(file, place.address + 24, kModulesMax);
  }
  return info;
}

std::string_view next_line(std::string_view& text) {
  size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return line;
}

std::string_view second_field(std::string_view fields) {
  size_t tab = fields.find('\t');
  if (tab == fields.npos) return {};
  fields.remove_prefix(tab + 1);
  return fields.substr(0, fields.find('\t'));
}

// Lines of fields with tabs between them: "path\t<main package>", "mod\t<module>\t<version>",
// "dep\t<module>\t<version>\t<hash>".
void read_modules(std::string_view text, Binary& binary) {
  if (text.size() < 2 * kGuard + 1 || text[text.size() - kGuard - 1] != '\n') return;
  text = text.substr(kGuard, text.size() - 2 * kGuard);
  std::string last;
  while (!text.empty()) {
    std::string_view line = next_line(text);
    size_t tab = line.find('\t');
    if (tab == line.npos) continue;
    std::string_view kind = line.substr(0, tab);
    line.remove_prefix(tab + 1);
    std::string value(line.substr(0, line.find('\t')));
    if (value == kGrpc) binary.grpc_version = second_field(line);
    if (kind == "=>" && last == kGrpc) binary.grpc_version.clear();
    last = value;
    if (kind == "path") binary.main_package = std::move(value);
    if (kind == "mod") binary.module = std::move(value);
    if (kind == "dep" && binary.dependencies.size() < kDependenciesMax) {
      binary.dependencies.push_back(std::move(value));
    }
  }
}

std::vector<Range> writable_data(const ElfFile& file) {
  std::vector<Range> ranges;
  auto add = [&ranges](uint64_t address, uint64_t size) {
    if (size > 0 && address <= UINT64_MAX - size) ranges.push_back({address, address + size});
  };
  for (std::string_view name : {".bss", ".data", ".noptrbss", ".noptrdata"}) {
    const ElfSection* section = file.section(name);
    if (section != nullptr) add(section->header.sh_addr, section->header.sh_size);
  }
  if (!ranges.empty()) return ranges;
  for (const Elf64_Phdr& segment : file.segments()) {
    if (segment.p_type != PT_LOAD || (segment.p_flags & PF_W) == 0) continue;
    add(segment.p_vaddr, segment.p_memsz);
  }
  return ranges;
}

uint16_t number(std::string_view& text) {
  uint16_t value = 0;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  text.remove_prefix(static_cast<size_t>(end - text.data()));
  return error == std::errc() ? value : uint16_t{0};
}

}  // namespace

Version parse_version(std::string_view text) {
  Version version;
  size_t start = text.find("go");
  if (start == text.npos) return version;
  text.remove_prefix(start + 2);
  version.major = number(text);
  if (version.major == 0 || !text.starts_with('.')) return {};
  text.remove_prefix(1);
  version.minor = number(text);
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    version.patch = number(text);
  }
  return version;
}

Result<Binary> read(int fd) {
  FdSource source(fd);
  TRY(ElfFile file, ElfFile::open(source));
  return read(file);
}

Result<Binary> read(const ElfFile& file) {
  auto place = find_build_info(file);
  bool has_function_table =
      file.section(".gopclntab") != nullptr || file.section(".data.rel.ro.gopclntab") != nullptr;
  if (!place && !has_function_table) return not_found("not a Go program");
  Binary binary;
  if (place) {
    BuildInfo info = read_build_info(file, *place);
    binary.version = std::move(info.version);
    read_modules(info.modules, binary);
  }
  binary.pie = file.header().e_type == ET_DYN;
  binary.entry = file.header().e_entry;
  binary.allp = file.symbol("runtime.allp");
  binary.data = writable_data(file);
  return binary;
}

}  // namespace tarsier::capture::go
