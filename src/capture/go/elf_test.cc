#include "capture/go/elf.h"

#include <fcntl.h>
#include <gmock/gmock.h>

#include <array>
#include <cstdio>
#include <cstring>

#include "base/fd.h"
#include "capture/discovery/fake_elf.h"

namespace tarsier::capture::go {
namespace {

constexpr const char* kModules =
    "path\texample.com/shop/cmd/core\nmod\texample.com/shop\t(devel)\t\n"
    "dep\tgolang.org/x/net\tv0.1.0\th1:x\nbuild\tCGO_ENABLED=0\n";

Result<Binary> read_bytes(const std::string& bytes) {
  StringSource source(bytes);
  auto file = ElfFile::open(source);
  if (!file) return file.error();
  return read(*file);
}

FakeElf modern() {
  FakeElf elf;
  elf.add({".go.buildinfo", FakeElf::go_build_info("go1.26.8", kModules), 0x500000});
  elf.add({".data", std::string(64, 'd'), 0x600000});
  elf.add({".bss", "", 0x700000, SHT_NOBITS, 0, 0x1000});
  return elf;
}

TEST(GoElf, ReadsBuildInformation) {
  auto out = read_bytes(modern().bytes());
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->version, "go1.26.8");
  EXPECT_EQ(out->main_package, "example.com/shop/cmd/core");
  EXPECT_EQ(out->module, "example.com/shop");
  EXPECT_THAT(out->dependencies, testing::ElementsAre("golang.org/x/net"));
}

TEST(GoElf, TheVersionOfGrpcUnlessAnotherModuleIsInItsPlace) {
  std::string modules = "dep\tgoogle.golang.org/grpc\tv1.85.0\th1:x\n";
  FakeElf elf;
  elf.add({".go.buildinfo", FakeElf::go_build_info("go1.26.8", modules.c_str()), 0x500000});
  EXPECT_EQ(read_bytes(elf.bytes())->grpc_version, "v1.85.0");
  modules += "=>\texample.com/grpc\tv1.85.0\th1:x\n";
  FakeElf replaced;
  replaced.add({".go.buildinfo", FakeElf::go_build_info("go1.26.8", modules.c_str()), 0x500000});
  EXPECT_EQ(read_bytes(replaced.bytes())->grpc_version, "");
}

TEST(GoElf, FindsAllpBySymbol) {
  FakeElf elf = modern();
  elf.add_symbols({{"runtime.allpLock", 1}, {"x.runtime.allp", 2}, {"runtime.allp", 0x700010}});
  EXPECT_EQ(read_bytes(elf.bytes())->allp, 0x700010u);
}

TEST(GoElf, AStrippedFileNamesWhereToLook) {
  auto out = read_bytes(modern().bytes());
  EXPECT_EQ(out->allp, 0u);
  ASSERT_EQ(out->data.size(), 2u);
  EXPECT_EQ(out->data[0].start, 0x700000u);
  EXPECT_EQ(out->data[0].end, 0x701000u);
  EXPECT_EQ(out->data[1].start, 0x600000u);
}

TEST(GoElf, WithoutSectionsTheSegmentsDo) {
  FakeElf elf = modern();
  elf.with_sections = false;
  auto out = read_bytes(elf.bytes());
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_EQ(out->version, "go1.26.8");
  EXPECT_EQ(out->data.size(), 3u);
}

TEST(GoElf, PositionIndependent) {
  FakeElf elf = modern();
  EXPECT_FALSE(read_bytes(elf.bytes())->pie);
  EXPECT_EQ(read_bytes(elf.bytes())->load_bias(elf.entry + 0x1000), 0u);
  elf.type = ET_DYN;
  auto out = read_bytes(elf.bytes());
  EXPECT_TRUE(out->pie);
  EXPECT_EQ(out->load_bias(elf.entry + 0x1000), 0x1000u);
}

// Before Go 1.18: two pointers to string headers, which in a PIE file the loader may have to fill.
FakeElf old(bool relocated) {
  auto text = [](uint64_t value) {
    std::string out;
    FakeElf::append(out, value);
    return out;
  };
  std::string modules = std::string(16, '<') + kModules + std::string(16, '>');
  std::string info = std::string("\xff Go buildinf:") + '\x8' + '\0';
  std::string no = text(0);
  FakeElf elf;
  elf.add(
      {".go.buildinfo", info + (relocated ? no + no : text(0x600000) + text(0x600010)), 0x500000});
  elf.add({".data",
           (relocated ? no : text(0x700000)) + text(8) + (relocated ? no : text(0x700008)) +
               text(modules.size()),
           0x600000});
  elf.add({".rodata", "go1.17.1" + modules, 0x700000});
  if (!relocated) return elf;
  elf.type = ET_DYN;
  std::string relocations;
  for (auto [at, to] : {std::pair<uint64_t, int64_t>{0x500010, 0x600000},
                        {0x500018, 0x600010},
                        {0x600000, 0x700000},
                        {0x600010, 0x700008}}) {
    FakeElf::append(relocations, Elf64_Rela{at, R_X86_64_RELATIVE, to});
  }
  elf.add({".rela.dyn", relocations, 0x800000});
  return elf;
}

TEST(GoElf, TheOldFormatWithPointers) {
  for (bool relocated : {false, true}) {
    auto out = read_bytes(old(relocated).bytes());
    ASSERT_TRUE(out) << out.error().message;
    EXPECT_EQ(out->version, "go1.17.1");
    EXPECT_EQ(out->module, "example.com/shop");
  }
}

TEST(GoElf, WithoutBuildInformationTheFunctionTableTells) {
  FakeElf elf;
  elf.add({".gopclntab", "x", 0x500000});
  EXPECT_EQ(read_bytes(elf.bytes())->version, "");
}

TEST(GoElf, OtherFilesAreNotGo) {
  FakeElf elf;
  elf.add({".text", "x", 0x500000});
  EXPECT_EQ(read_bytes(elf.bytes()).error().code, Code::kNotFound);
  EXPECT_EQ(read_bytes("#!/bin/sh\n").error().code, Code::kUnsupported);
  EXPECT_EQ(read_bytes("").error().code, Code::kUnsupported);
  Fd self(::open("/proc/self/exe", O_RDONLY | O_CLOEXEC));
  EXPECT_EQ(read(self.get()).error().code, Code::kNotFound);
}

// The go command itself is a Go program.
TEST(GoElf, ARealProgram) {
  std::array<char, 4'096> root{};
  FILE* go = ::popen("go env GOROOT 2>/dev/null", "r");
  bool found = go != nullptr && std::fgets(root.data(), root.size(), go) != nullptr;
  if (go != nullptr) ::pclose(go);
  ASSERT_TRUE(found) << "the go command is not in PATH: scripts/setup installs it";
  std::string path(root.data(), std::strcspn(root.data(), "\n"));
  Fd fd(::open((path + "/bin/go").c_str(), O_RDONLY | O_CLOEXEC));
  auto out = read(fd.get());
  ASSERT_TRUE(out) << out.error().message;
  EXPECT_GE(parse_version(out->version).minor, 22);
  EXPECT_EQ(out->main_package, "cmd/go");
  EXPECT_FALSE(out->data.empty());
}

TEST(GoElf, SurvivesEveryTruncation) {
  FakeElf elf = modern();
  elf.add_symbols({{"runtime.allp", 7}});
  std::string bytes = elf.bytes();
  for (size_t size = 0; size < bytes.size(); size++) (void)read_bytes(bytes.substr(0, size));
}

TEST(GoVersion, Parses) {
  auto is = [](std::string_view text, int major, int minor, int patch) {
    Version v = parse_version(text);
    return v.major == major && v.minor == minor && v.patch == patch;
  };
  EXPECT_TRUE(is("go1.26.8", 1, 26, 8));
  EXPECT_TRUE(is("go1.22", 1, 22, 0));
  EXPECT_TRUE(is("go1.26.1 X:jsonv2", 1, 26, 1));
  EXPECT_TRUE(is("go1.27rc1", 1, 27, 0));
  EXPECT_TRUE(is("devel go1.28-abc123 Mon Jan 1", 1, 28, 0));
  EXPECT_TRUE(is("devel +abc", 0, 0, 0));
  EXPECT_TRUE(is("", 0, 0, 0));
}

}  // namespace
}  // namespace tarsier::capture::go
