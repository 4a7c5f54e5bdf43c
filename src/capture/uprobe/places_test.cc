#include "capture/uprobe/places.h"

#include <gtest/gtest.h>

#include <string>

#include "capture/uprobe/instruction.h"

namespace tarsier::capture::uprobe {
namespace {

using namespace std::string_literals;

TEST(Decode, LengthsOfInstructions) {
  struct Case {
    std::string code;
    int length;
  };
  const Case cases[] = {
      {"\x55"s, 1},                                       // push rbp
      {"\x41\x55"s, 2},                                   // push r13
      {"\x48\x83\xec\x18"s, 4},                           // sub rsp, 24
      {"\x64\x48\x8b\x04\x25\x28\x00\x00\x00"s, 9},       // mov rax, fs:40
      {"\x48\x8d\xb7\x60\x01\x00\x00"s, 7},               // lea rsi, [rdi + 0x160]
      {"\x49\x3b\x66\x10"s, 4},                           // cmp rsp, [r14 + 16]
      {"\x0f\x86\x01\x02\x03\x04"s, 6},                   // jbe
      {"\xf7\xc1\x01\x02\x03\x04"s, 6},                   // test ecx, imm32
      {"\xf7\xd9"s, 2},                                   // neg ecx
      {"\x48\xb8\x01\x02\x03\x04\x05\x06\x07\x08"s, 10},  // mov rax, imm64
      {"\x66\xc7\x00\x01\x02"s, 5},                       // mov word [rax], imm16
      {"\xc5\xf8\x77"s, 3},                               // vzeroupper
      {"\x62\xf1\x7c\x48\x11\x04\x24"s, 7},               // vmovups [rsp], zmm0
      {"\x66\x0f\x3a\x0f\xc1\x08"s, 6},                   // palignr
      {"\x44\x0f\x11\x7c\x24\x58"s, 6},                   // movups [rsp + 0x58], xmm15
  };
  for (const Case& it : cases) {
    auto got = decode(it.code + "\x90\x90"s);
    ASSERT_TRUE(got) << it.length;
    EXPECT_EQ(got->length, it.length);
    EXPECT_FALSE(decode(it.code.substr(0, it.code.size() - 1)) &&
                 decode(it.code.substr(0, it.code.size() - 1))->length == it.length);
  }
  EXPECT_FALSE(decode(""));
  EXPECT_FALSE(decode("\x06"s)) << "not in 64-bit code";
  EXPECT_FALSE(decode(std::string(20, '\x66')));
}

TEST(BehindStackCheck, IsAtThePush) {
  // cmp rsp, [r14 + 16]; jbe; push rbp; mov rbp, rsp
  EXPECT_EQ(behind_stack_check("\x49\x3b\x66\x10\x76\x40\x55\x48\x89\xe5"s), 6u);
  // lea r12, [rsp - 0x48]; cmp r12, [r14 + 16]; jbe; push rbp
  EXPECT_EQ(behind_stack_check("\x4c\x8d\x64\x24\xb8\x4d\x3b\x66\x10\x0f\x86\x93\x07\x00\x00\x55"s),
            15u);
  // cmp; jbe; sub rsp, 0x68; mov [rsp + 0x60], rbp; lea rbp, [rsp + 0x60]; jmp: Go 1.20
  EXPECT_EQ(behind_stack_check("\x49\x3b\x66\x10\x76\x40\x48\x83\xec\x68\x48\x89\x6c\x24\x60"
                               "\x48\x8d\x6c\x24\x60\xeb\x03"s),
            20u);
  EXPECT_FALSE(behind_stack_check("\x49\x3b\x66\x10\x76\x40\x31\xc0\x55"s)) << "xor eax, eax";
  EXPECT_FALSE(behind_stack_check("\xe8\x00\x00\x00\x00\x55"s)) << "something happened before";
  EXPECT_FALSE(behind_stack_check("\xc3"s));
}

TEST(OnlyCall, IsFoundWhenThereIsOne) {
  std::string call = "\xe8\x0b\x00\x00\x00"s;  // of what is 16 bytes behind its beginning
  EXPECT_EQ(only_call("\x90\x90" + call + "\xc3", 0x1000, 0x1012), 2u);
  EXPECT_FALSE(only_call("\x90\x90" + call + "\xc3", 0x1000, 0x1013));
  EXPECT_FALSE(only_call(call + "\xe8\x06\x00\x00\x00"s, 0x1000, 0x1010)) << "two of them";
}

TEST(CEntry, IsAtThePushThatComesFirst) {
  auto entry = c_entry("\x41\x55\x41\x54"s, 0x1000);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->at, 0u);
  entry = c_entry("\xf3\x0f\x1e\xfa\x55"s, 0x1000);  // endbr64; push rbp
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->at, 4u);
}

// sub rsp, 24; test edx, edx; js; lea rcx, [rsp + 8]; movslq rdx, edx; call
TEST(CEntry, FollowsTheArguments) {
  auto entry = c_entry(
      "\x48\x83\xec\x18\x85\xd2\x78\x19\x48\x8d\x4c\x24\x08\x48\x63\xd2"
      "\xe8\xeb\x0f\x00\x00"s,
      0x1000);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->hands_on);
  EXPECT_EQ(entry->target, 0x2000u);
  EXPECT_FALSE(entry->count_at_r8);
  // mov r8, rcx; xor ecx, ecx; jmp
  entry = c_entry("\x49\x89\xc8\x31\xc9\xe9\xf6\x0f\x00\x00"s, 0x1000);
  ASSERT_TRUE(entry);
  EXPECT_TRUE(entry->hands_on);
  EXPECT_EQ(entry->target, 0x2000u);
  EXPECT_TRUE(entry->count_at_r8);
}

TEST(CEntry, NothingOnceTheArgumentsAreGone) {
  EXPECT_FALSE(c_entry("\x48\x83\xec\x18\x31\xff\xe8\x00\x00\x00\x00"s, 0x1000));  // xor edi, edi
  EXPECT_FALSE(c_entry("\x48\x83\xec\x18\xc3"s, 0x1000));
}

TEST(Fields, OfOpenSsl) {
  auto random = client_random("\x48\x89\xf1\xb8\x20\x00\x00\x00\x48\x8d\xb7\x60\x01\x00\x00"s);
  ASSERT_TRUE(random);
  EXPECT_EQ(random->pointer, 0);
  EXPECT_EQ(random->offset, 0x160);
  // mov rax, [rdi + 0xa8]; lea rsi, [rax + 0xb8]: OpenSSL 1.1
  random = client_random("\x48\x8b\x87\xa8\x00\x00\x00\x48\x8d\xb0\xb8\x00\x00\x00"s);
  ASSERT_TRUE(random);
  EXPECT_EQ(random->pointer, 0xa8);
  EXPECT_EQ(random->offset, 0xb8);
  EXPECT_EQ(server_flag("\x8b\x47\x38\xc3"s), 0x38);
  EXPECT_EQ(server_flag("\x8b\x07\x85\xc0\x74\x10\x8b\x47\x78\xc3"s), 0x78)
      << "the first is a type";
  EXPECT_FALSE(server_flag("\xc3"s));
}

}  // namespace
}  // namespace tarsier::capture::uprobe
