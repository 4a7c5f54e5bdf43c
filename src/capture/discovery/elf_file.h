// Headers, sections and strings of a 64-bit little-endian ELF file, which may be hostile: every
// size is checked and every search has a limit. Nothing is mapped, so a file that shrinks under us
// is a read error and not a signal.
#pragma once

#include <elf.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace tarsier::capture {

// Bytes by offset: a file, or in tests a string.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // Reads up to `size` bytes into `out`; fewer at the end, 0 behind it or after an error.
  virtual size_t read(uint64_t offset, char* out, size_t size) const = 0;
};

class FdSource : public ByteSource {
 public:
  explicit FdSource(int fd) : fd_(fd) {}  // borrowed
  size_t read(uint64_t offset, char* out, size_t size) const override;

 private:
  int fd_;
};

class StringSource : public ByteSource {
 public:
  explicit StringSource(std::string_view bytes) : bytes_(bytes) {}  // borrowed
  size_t read(uint64_t offset, char* out, size_t size) const override;

 private:
  std::string_view bytes_;
};

struct ElfSection {
  std::string name;
  Elf64_Shdr header;
};

class ElfFile {
 public:
  static constexpr size_t kSegmentsMax = 128;
  static constexpr size_t kSectionsMax = 4'096;  // a file with more is read by its segments alone
  static constexpr uint64_t kSearchMax = 64 << 20;

  // The source must outlive the result. kUnsupported: not such a file. kCorrupt: it ends too early.
  static Result<ElfFile> open(const ByteSource& source);

  const Elf64_Ehdr& header() const { return header_; }
  const std::vector<Elf64_Phdr>& segments() const { return segments_; }
  const std::vector<ElfSection>& sections() const { return sections_; }
  const ElfSection* section(std::string_view name) const;  // nullptr: none

  // Exactly `size` bytes at an offset or at a linked address; kCorrupt when the file lacks them.
  Result<std::string> at_offset(uint64_t offset, uint64_t size) const;
  Result<std::string> at_address(uint64_t address, uint64_t size) const;

  // Offset of the first `needle` within [offset, offset + min(size, kSearchMax)) that is a multiple
  // of `alignment` away from `offset`.
  std::optional<uint64_t> find(uint64_t offset, uint64_t size, std::string_view needle,
                               uint64_t alignment = 1) const;
  bool contains(std::string_view section_name, std::string_view needle) const;

  // Value of a symbol of .symtab; 0 when there is none.
  uint64_t symbol(std::string_view name) const;

  // DT_NEEDED: names of the shared libraries it asks for.
  std::vector<std::string> needed() const;

 private:
  explicit ElfFile(const ByteSource& source) : source_(&source) {}
  Status read_segments();
  void read_sections();

  const ByteSource* source_;
  Elf64_Ehdr header_{};
  std::vector<Elf64_Phdr> segments_;
  std::vector<ElfSection> sections_;
};

}  // namespace tarsier::capture
