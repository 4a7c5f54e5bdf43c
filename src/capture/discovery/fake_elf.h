// Small ELF files made by hand, for tests.
#pragma once

#include <elf.h>

#include <cstring>
#include <string>
#include <vector>

namespace tarsier::capture {

// Sections lie one after the other, each in a PT_LOAD of its own when it has an address.
class FakeElf {
 public:
  struct Section {
    std::string name, data;
    uint64_t address = 0;
    uint32_t type = SHT_PROGBITS;
    uint32_t link = 0;
    uint64_t bss_size = 0;  // of a SHT_NOBITS
  };

  uint16_t type = ET_EXEC;
  uint64_t entry = 0x401000;
  bool with_sections = true;
  std::vector<Section> sections = {{"", "", 0, SHT_NULL, 0, 0}};

  size_t add(Section section) {
    sections.push_back(std::move(section));
    return sections.size() - 1;
  }

  // .symtab and .strtab with these symbols.
  void add_symbols(const std::vector<std::pair<std::string, uint64_t>>& symbols) {
    std::string names(1, '\0'), table(sizeof(Elf64_Sym), '\0');
    for (const auto& [name, value] : symbols) {
      Elf64_Sym symbol{};
      symbol.st_name = static_cast<uint32_t>(names.size());
      symbol.st_value = value;
      symbol.st_shndx = 1;
      names += name + '\0';
      append(table, symbol);
    }
    size_t strings = add({".strtab", names, 0, SHT_STRTAB, 0, 0});
    add({".symtab", table, 0, SHT_SYMTAB, static_cast<uint32_t>(strings), 0});
  }

  std::string bytes() const {
    std::string out(sizeof(Elf64_Ehdr), '\0'), names;
    std::vector<Elf64_Phdr> segments;
    std::vector<Elf64_Shdr> headers;
    std::vector<Section> all = sections;
    all.push_back({".shstrtab", "", 0, SHT_STRTAB, 0, 0});
    for (Section& section : all) {
      Elf64_Shdr header{};
      header.sh_name = static_cast<uint32_t>(names.size());
      names += section.name + '\0';
      if (section.name == ".shstrtab") section.data = names;
      out.resize((out.size() + 15) / 16 * 16);
      header.sh_type = section.type;
      header.sh_addr = section.address;
      header.sh_offset = out.size();
      header.sh_size = section.type == SHT_NOBITS ? section.bss_size : section.data.size();
      header.sh_link = section.link;
      out += section.data;
      headers.push_back(header);
      if (section.address == 0) continue;
      segments.push_back({section.name == ".dynamic" ? uint32_t{PT_DYNAMIC} : uint32_t{PT_LOAD},
                          PF_R | PF_W, header.sh_offset, section.address, 0, section.data.size(),
                          header.sh_size, 16});
    }
    Elf64_Ehdr header{};
    std::memcpy(header.e_ident, ELFMAG, SELFMAG);
    header.e_ident[EI_CLASS] = ELFCLASS64;
    header.e_ident[EI_DATA] = ELFDATA2LSB;
    header.e_type = type;
    header.e_machine = EM_X86_64;
    header.e_entry = entry;
    header.e_phoff = out.size();
    header.e_phentsize = sizeof(Elf64_Phdr);
    header.e_phnum = static_cast<uint16_t>(segments.size());
    for (const Elf64_Phdr& segment : segments) append(out, segment);
    if (with_sections) {
      header.e_shoff = out.size();
      header.e_shentsize = sizeof(Elf64_Shdr);
      header.e_shnum = static_cast<uint16_t>(headers.size());
      header.e_shstrndx = static_cast<uint16_t>(headers.size() - 1);
      for (const Elf64_Shdr& section : headers) append(out, section);
    }
    std::memcpy(out.data(), &header, sizeof(header));
    return out;
  }

  template <typename T>
  static void append(std::string& out, const T& value) {
    out.append(reinterpret_cast<const char*>(&value), sizeof(value));
  }

  // A Go build information section as Go 1.18 and newer write it.
  static std::string go_build_info(const std::string& version, const std::string& modules) {
    std::string guarded = std::string(16, '<') + modules + std::string(16, '>');
    std::string out = "\xff Go buildinf:";
    out += '\0';
    out += '\2';
    out.resize(32);
    return out + varint(version.size()) + version + varint(guarded.size()) + guarded;
  }

 private:
  static std::string varint(size_t value) {
    std::string out;
    for (; value >= 0x80; value >>= 7) out += static_cast<char>(value | 0x80);
    return out + static_cast<char>(value);
  }
};

}  // namespace tarsier::capture
