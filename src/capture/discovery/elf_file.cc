#include "capture/discovery/elf_file.h"

#include <unistd.h>

#include <algorithm>
#include <cstring>

namespace tarsier::capture {
namespace {

constexpr size_t kReadMax = 8 << 20;    // bytes that one call hands out
constexpr size_t kChunk = 256 << 10;    // bytes searched at a time
constexpr size_t kNeededMax = 256;      // shared libraries of one program
constexpr size_t kNameMax = 256;        // of a section or library
constexpr size_t kNameMatchesMax = 16;  // places in a string table that hold a symbol's name

template <typename T>
std::vector<T> as_array(std::string_view bytes) {
  std::vector<T> out(bytes.size() / sizeof(T));
  if (!out.empty()) std::memcpy(out.data(), bytes.data(), out.size() * sizeof(T));
  return out;
}

std::string_view string_in(std::string_view table, uint64_t offset) {
  if (offset >= table.size()) return {};
  std::string_view rest = table.substr(offset, kNameMax);
  return rest.substr(0, std::min(rest.find('\0'), rest.size()));
}

}  // namespace

size_t FdSource::read(uint64_t offset, char* out, size_t size) const {
  if (offset > INT64_MAX - size) return 0;
  size_t done = 0;
  while (done < size) {
    ssize_t n = ::pread(fd_, out + done, size - done, static_cast<off_t>(offset + done));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += static_cast<size_t>(n);
  }
  return done;
}

size_t StringSource::read(uint64_t offset, char* out, size_t size) const {
  if (offset >= bytes_.size()) return 0;
  size_t n = std::min<size_t>(size, bytes_.size() - offset);
  if (n > 0) std::memcpy(out, bytes_.data() + offset, n);
  return n;
}

Result<ElfFile> ElfFile::open(const ByteSource& source) {
  ElfFile file(source);
  Elf64_Ehdr& header = file.header_;
  size_t n = source.read(0, reinterpret_cast<char*>(&header), sizeof(header));
  if (n != sizeof(header) || std::memcmp(header.e_ident, ELFMAG, SELFMAG) != 0) {
    return unsupported("not an ELF file");
  }
  if (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_ident[EI_DATA] != ELFDATA2LSB) {
    return unsupported("not a 64-bit little-endian ELF file");
  }
  TRY_STATUS(file.read_segments());
  file.read_sections();
  return file;
}

Status ElfFile::read_segments() {
  size_t count = header_.e_phnum;
  if (count == 0) return {};
  if (header_.e_phentsize != sizeof(Elf64_Phdr) || count > kSegmentsMax) {
    return corrupt("program headers of an unknown shape");
  }
  TRY(std::string bytes, at_offset(header_.e_phoff, count * sizeof(Elf64_Phdr)));
  segments_ = as_array<Elf64_Phdr>(bytes);
  return {};
}

// A file without (readable) sections still runs, so none of this is an error.
void ElfFile::read_sections() {
  size_t count = header_.e_shnum;
  if (count == 0 || count > kSectionsMax || header_.e_shentsize != sizeof(Elf64_Shdr)) return;
  if (header_.e_shstrndx >= count) return;
  auto bytes = at_offset(header_.e_shoff, count * sizeof(Elf64_Shdr));
  if (!bytes) return;
  std::vector<Elf64_Shdr> headers = as_array<Elf64_Shdr>(*bytes);
  const Elf64_Shdr& table = headers[header_.e_shstrndx];
  auto names = at_offset(table.sh_offset, std::min<uint64_t>(table.sh_size, 1 << 20));
  if (!names) return;
  for (const Elf64_Shdr& header : headers) {
    sections_.push_back({std::string(string_in(*names, header.sh_name)), header});
  }
}

const ElfSection* ElfFile::section(std::string_view name) const {
  for (const ElfSection& section : sections_) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

Result<std::string> ElfFile::at_offset(uint64_t offset, uint64_t size) const {
  if (size > kReadMax) return corrupt("a part of the file claims to be unreasonably large");
  std::string out(size, '\0');
  size_t n = source_->read(offset, out.data(), size);
  if (n != size) return corrupt("the file ends early");
  return out;
}

Result<std::string> ElfFile::at_address(uint64_t address, uint64_t size) const {
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_LOAD || address < segment.p_vaddr) continue;
    uint64_t into = address - segment.p_vaddr;
    if (into >= segment.p_filesz || size > segment.p_filesz - into) continue;
    return at_offset(segment.p_offset + into, size);
  }
  return corrupt("an address that the file does not hold");
}

std::optional<uint64_t> ElfFile::find(uint64_t offset, uint64_t size, std::string_view needle,
                                      uint64_t alignment) const {
  size = std::min(size, kSearchMax);
  if (needle.empty() || needle.size() > kChunk / 2) return std::nullopt;
  std::string chunk(std::min<uint64_t>(kChunk, size), '\0');
  for (uint64_t at = 0; at + needle.size() <= size;) {
    size_t n =
        source_->read(offset + at, chunk.data(), std::min<uint64_t>(chunk.size(), size - at));
    if (n < needle.size()) return std::nullopt;
    std::string_view bytes(chunk.data(), n);
    for (size_t hit = bytes.find(needle); hit != bytes.npos; hit = bytes.find(needle, hit + 1)) {
      if ((at + hit) % alignment == 0) return offset + at + hit;
    }
    at += n - needle.size() + 1;
  }
  return std::nullopt;
}

bool ElfFile::contains(std::string_view section_name, std::string_view needle) const {
  const ElfSection* where = section(section_name);
  return where != nullptr && where->header.sh_type != SHT_NOBITS &&
         find(where->header.sh_offset, where->header.sh_size, needle).has_value();
}

// First the places of the name in the string table (linkers may share tails, so it can begin inside
// a longer name), then one pass over the symbols that compares offsets only.
uint64_t ElfFile::symbol(std::string_view name) const {
  const ElfSection* table = section(".symtab");
  if (table == nullptr || table->header.sh_link >= sections_.size()) return 0;
  const Elf64_Shdr& strings = sections_[table->header.sh_link].header;
  std::string terminated = std::string(name) + '\0';
  std::vector<uint64_t> places;
  for (uint64_t from = 0; from < strings.sh_size && places.size() < kNameMatchesMax;) {
    auto hit = find(strings.sh_offset + from, strings.sh_size - from, terminated);
    if (!hit) break;
    places.push_back(*hit - strings.sh_offset);
    from = places.back() + 1;
  }
  if (places.empty()) return 0;
  std::vector<Elf64_Sym> symbols(4'096);
  uint64_t end = std::min(table->header.sh_size, kSearchMax);
  for (uint64_t at = 0; at + sizeof(Elf64_Sym) <= end;) {
    size_t wanted = std::min<uint64_t>(symbols.size() * sizeof(Elf64_Sym), end - at);
    size_t n = source_->read(table->header.sh_offset + at, reinterpret_cast<char*>(symbols.data()),
                             wanted) /
               sizeof(Elf64_Sym);
    if (n == 0) return 0;
    for (size_t i = 0; i < n; i++) {
      if (std::find(places.begin(), places.end(), symbols[i].st_name) == places.end()) continue;
      if (symbols[i].st_shndx != SHN_UNDEF) return symbols[i].st_value;
    }
    at += n * sizeof(Elf64_Sym);
  }
  return 0;
}

std::vector<std::string> ElfFile::needed() const {
  std::vector<Elf64_Dyn> entries;
  for (const Elf64_Phdr& segment : segments_) {
    if (segment.p_type != PT_DYNAMIC) continue;
    auto bytes = at_offset(segment.p_offset, std::min<uint64_t>(segment.p_filesz, 64 << 10));
    if (bytes) entries = as_array<Elf64_Dyn>(*bytes);
  }
  uint64_t table = 0, size = 0;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_STRTAB) table = entry.d_un.d_ptr;
    if (entry.d_tag == DT_STRSZ) size = entry.d_un.d_val;
  }
  auto strings = at_address(table, size);
  std::vector<std::string> out;
  if (!strings) return out;
  for (const Elf64_Dyn& entry : entries) {
    if (entry.d_tag == DT_NULL || out.size() == kNeededMax) break;
    if (entry.d_tag != DT_NEEDED) continue;
    out.emplace_back(string_in(*strings, entry.d_un.d_val));
  }
  return out;
}

}  // namespace tarsier::capture
