// One x86-64 instruction: how long it is, and as much of its meaning as finding a place for a
// uprobe takes.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tarsier::capture::uprobe {

enum Register : int8_t {
  kNone = -1,
  kRax,
  kRcx,
  kRdx,
  kRbx,
  kRsp,
  kRbp,
  kRsi,
  kRdi,
  kR8,
  kR14 = 14
};

struct Instruction {
  uint8_t length = 0;
  uint8_t map = 0;  // opcode table: 0 one byte, 1 "0F", 2 "0F 38", 3 "0F 3A"
  uint8_t opcode = 0;
  bool wide = false;    // REX.W
  bool vector = false;  // VEX or EVEX
  bool has_modrm = false;
  int8_t reg = 0, rm = 0;  // of the ModRM byte, with REX; rm: when mod is 3
  int8_t base = kNone;     // of its memory operand
  bool memory = false;     // it has one
  int32_t displacement = 0;
  int64_t immediate = 0;  // or the distance of a relative jump

  bool is(uint8_t in_map, uint8_t code) const { return !vector && map == in_map && opcode == code; }
  bool is_push() const { return !vector && map == 0 && (opcode & 0xf8) == 0x50; }
  bool is_call() const { return is(0, 0xe8); }
  bool is_conditional_jump() const {
    return !vector &&
           ((map == 0 && (opcode & 0xf0) == 0x70) || (map == 1 && (opcode & 0xf0) == 0x80));
  }
  // Does the kernel do its work itself when a uprobe is on it, instead of single-stepping it?
  bool is_emulated() const {
    return is_push() || is_call() || is_conditional_jump() || is(0, 0xe9) || is(0, 0xeb) ||
           (is(0, 0x90) && length == 1);
  }
};

// The instruction that `code` begins with; nothing when it is none or not whole.
std::optional<Instruction> decode(std::string_view code);

}  // namespace tarsier::capture::uprobe
